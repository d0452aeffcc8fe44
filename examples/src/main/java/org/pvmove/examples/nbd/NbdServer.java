// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import com.google.common.util.concurrent.Uninterruptibles;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import org.pvmove.io.BlockDevice;

/**
 * Lets other programs, virtual machines among them, use block devices through the NBD protocol.
 *
 * <p>Any number of clients up to a limit may use any of the devices at once, each through one
 * connection or several, and each connection has several requests in flight, which are replied to
 * in the order in which they get done. A flush, and a write that asks to be durable, covers
 * everything that any client was told to be written before. Zeros are written as zeros; a trim, by
 * which a client says that it does not need bytes any more, does nothing. There is no encryption
 * and no password: who may connect may read and write.
 *
 * <p>A client that sends what makes no sense loses its connection, and nobody else notices. What
 * fails on a device is told to the client as a number, and with place and reason to the receiver of
 * complaints. Clients may ask for another flush after one that failed, and believe it: a device for
 * which that would be wrong is to be wrapped by {@link
 * org.pvmove.io.BlockDevices#failStop(BlockDevice)}.
 *
 * <p>The memory that one connection can make the server use is bounded by about 32 MiB, which is
 * the largest request, and the connections by 32.
 *
 * <p>The threads of the server do not keep the virtual machine alive.
 */
public final class NbdServer implements Closeable {
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Exports exports;
  private final Limits limits;
  private final Consumer<String> complaints;
  private final ServerSocketChannel listener;
  private final SocketAddress address;
  private final ExecutorService threads = Executors.newCachedThreadPool(daemons("nbd-%d"));
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(1, daemons("nbd-timer"));
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CountDownLatch deaf = new CountDownLatch(1);

  private NbdServer(
      ServerSocketChannel listener, Exports exports, Limits limits, Consumer<String> complaints)
      throws IOException {
    this.listener = listener;
    this.address = listener.getLocalAddress();
    this.exports = exports;
    this.limits = limits;
    this.complaints = complaints;
    // Clients that come and go must not be remembered until their time would have been up.
    timer.setRemoveOnCancelPolicy(true);
  }

  private static ThreadFactory daemons(String nameFormat) {
    return new ThreadFactoryBuilder().setDaemon(true).setNameFormat(nameFormat).build();
  }

  /**
   * Starts a server.
   *
   * @param address where to listen: a {@linkplain #loopback port of this host}, another {@link
   *     InetSocketAddress}, or a {@link UnixDomainSocketAddress}, where nothing must be yet and
   *     whose directory decides who may connect
   * @param devices what clients may use, by the names that they use. They must outlive the server,
   *     which does not close them. A client that gives no name gets the only device, if there is
   *     but one.
   * @param complaints receives a line about whatever goes wrong, from any thread, and must not
   *     throw
   * @throws IOException if nobody can listen there
   */
  public static NbdServer start(
      SocketAddress address,
      Map<String, ? extends BlockDevice> devices,
      Consumer<String> complaints)
      throws IOException {
    return start(address, devices, complaints, Limits.USUAL);
  }

  static NbdServer start(
      SocketAddress address,
      Map<String, ? extends BlockDevice> devices,
      Consumer<String> complaints,
      Limits limits)
      throws IOException {
    Exports exports = new Exports(devices);
    ServerSocketChannel listener =
        address instanceof UnixDomainSocketAddress
            ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
            : ServerSocketChannel.open();
    try {
      NbdServer server = new NbdServer(listener.bind(address), exports, limits, complaints);
      server.threads.execute(server::listen);
      return server;
    } catch (Throwable e) {
      listener.close();
      throw e;
    }
  }

  /**
   * Where only programs on this host get to.
   *
   * @param port of TCP; 0 for any that is free
   */
  public static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Where it listens. */
  public SocketAddress address() {
    return address;
  }

  /** How clients call one of the devices, for example {@code nbd://127.0.0.1:10809/home}. */
  public URI uri(String name) {
    try {
      if (address instanceof InetSocketAddress tcp) {
        String host = tcp.getAddress().getHostAddress();
        URI uri = new URI("nbd", null, host, tcp.getPort(), "/" + name, null, null);
        return URI.create(uri.toASCIIString());
      }
      // Three slashes, as clients document it, which the constructors for parts cannot make.
      URI rest = new URI(null, null, "/" + name, "socket=" + address, null);
      return URI.create("nbd+unix://" + rest.toASCIIString());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("cannot be part of an URI: '" + name + "'", e);
    }
  }

  private void listen() {
    try {
      while (closing.getCount() > 0) {
        try {
          admit(listener.accept());
        } catch (ClosedChannelException e) {
          return;
        } catch (IOException e) {
          complaints.accept("cannot accept a connection: " + e);
          // Such as too many open files: that may pass, but not by trying again at once.
          boolean unused = Uninterruptibles.awaitUninterruptibly(closing, PAUSE);
        }
      }
    } finally {
      deaf.countDown();
    }
  }

  private void admit(SocketChannel channel) throws IOException {
    if (connections.size() >= limits.connections()) {
      complaints.accept("a connection too many: there are " + limits.connections());
      channel.close();
      return;
    }
    Connection connection =
        new Connection(new Peer(channel), exports, limits, threads, timer, complaints);
    connections.add(connection);
    boolean started = false;
    try {
      threads.execute(
          () -> {
            try {
              connection.run();
            } finally {
              connections.remove(connection);
            }
          });
      started = true;
    } finally {
      if (!started) {
        connections.remove(connection);
        channel.close();
      }
    }
  }

  /**
   * Ends the server. Nobody can connect any more, no request is taken any more, those in flight are
   * completed and replied to, and then the connections end. Clients that do not take their replies
   * are waited for a few seconds only; what is being done on a device is waited for always. What
   * was written and not flushed is not flushed.
   */
  @Override
  public void close() throws IOException {
    closing.countDown();
    listener.close();
    Uninterruptibles.awaitUninterruptibly(deaf);
    connections.forEach(Connection::stop);
    long deadline = System.nanoTime() + limits.replies().toNanos();
    for (Connection connection : connections) {
      if (!connection.awaitEnd(Duration.ofNanos(deadline - System.nanoTime()))) {
        connection.hangUp();
        connection.awaitEnd();
      }
    }
    threads.shutdown();
    timer.shutdownNow();
    if (address instanceof UnixDomainSocketAddress unix) {
      Files.deleteIfExists(unix.getPath());
    }
  }
}
