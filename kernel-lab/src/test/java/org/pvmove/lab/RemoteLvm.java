// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A program that stands for {@code lvm} here and lets a guest run it: it sends its arguments down
 * the guest's second console, prints what comes back and ends with the same status. SIGTERM is
 * passed on. See {@code agent} in {@code prelude.sh}.
 */
final class RemoteLvm {
  private RemoteLvm() {}

  /** The words to call it by; the arguments of lvm follow. */
  static List<String> program(Path socket) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        RemoteLvm.class.getName(),
        socket.toString());
  }

  public static void main(String[] args) throws IOException {
    String id = String.valueOf(ProcessHandle.current().pid());
    String command =
        Arrays.stream(args)
            .skip(1)
            .map(word -> "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    int status = -1;
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(args[0]))) {
      BufferedReader input =
          new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), UTF_8));
      send(channel, "run " + id + " " + command);
      Thread ended =
          new Thread(
              () -> {
                try {
                  send(channel, "end " + id);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      Runtime.getRuntime().addShutdownHook(ended);
      String prefix = "@" + id + " ";
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        if (line.startsWith(prefix + "|")) {
          System.out.println(line.substring(prefix.length() + 1));
        } else if (line.startsWith(prefix + ".")) {
          status = Integer.parseInt(line.substring(prefix.length() + 1).strip());
          break;
        }
      }
      System.out.flush();
      Runtime.getRuntime().removeShutdownHook(ended);
    }
    System.exit(status);
  }

  private static void send(SocketChannel channel, String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
