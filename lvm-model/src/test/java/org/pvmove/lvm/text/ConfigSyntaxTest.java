// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.lvm.ConfigNode;
import org.pvmove.lvm.ConfigValue;

/** LVM2's configuration syntax, rule by rule. */
class ConfigSyntaxTest {
  private static ImmutableList<ConfigNode> read(String text) {
    return ConfigReader.read(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static ConfigValue value(String text) {
    return ((ConfigNode.Entry) read("k = " + text).get(0)).value();
  }

  private static ConfigNode.Entry entry(String key, long value) {
    return new ConfigNode.Entry(key, new ConfigValue.Int(value));
  }

  private static ConfigValue.Array array(ConfigValue... items) {
    return new ConfigValue.Array(ImmutableList.copyOf(items));
  }

  private static ConfigValue.Text text(String text) {
    return new ConfigValue.Text(text);
  }

  private static void rejects(String text, String message) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(MetadataFormatException.class)
        .hasMessage("metadata text, " + message);
  }

  @Test
  void readsEntriesAndNestedSectionsInOrder() {
    assertThat(read("a = 1 s { b = 2 t { c = 3 } } d = 4"))
        .containsExactly(
            entry("a", 1),
            new ConfigNode.Section(
                "s",
                ImmutableList.of(
                    entry("b", 2), new ConfigNode.Section("t", ImmutableList.of(entry("c", 3))))),
            entry("d", 4));
  }

  @Test
  void readsAnEmptyTextAsNothing() {
    assertThat(read("")).isEmpty();
    assertThat(read(" \t\n\u000b\f\r# only a comment")).isEmpty();
  }

  @Test
  void takesAnyBlanksAndCommentsToTheEndOfTheLine() {
    assertThat(read("a\u000b=\f1\r\n#b = 2\n\tc # { comment\n=\n3#d = 4"))
        .containsExactly(entry("a", 1), entry("c", 3));
  }

  @Test
  void endsAtANul() {
    assertThat(read("a = 1\n\0b = 2 }")).containsExactly(entry("a", 1));
    rejects(
        "s { a = 1\0}",
        "line 1, column 10: expected '}' at the end of section \"s\", found the end");
  }

  @Test
  void endsAKeyAtABlankACommentAnEqualsSignOrABraceOnly() {
    assertThat(read("a,[b]\"c' = 1 d=2 e#x\n=3"))
        .containsExactly(entry("a,[b]\"c'", 1), entry("d", 2), entry("e", 3));
    assertThat(read("f{}g{}")).hasSize(2);
  }

  @Test
  void readsQuotedKeys() {
    assertThat(read("\"a b\" = 1 'c#d' = 2")).containsExactly(entry("a b", 1), entry("c#d", 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"= 1", "{ }", "\"\" = 1", "'' { }", "[a = 1", "] = 1", ", = 1"})
  void rejectsAMissingKey(String text) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(MetadataFormatException.class)
        .hasMessageContaining("expected a key, found");
  }

  @Test
  void nestsAKeyWithSlashes() {
    assertThat(read("a/b/c = 1")).isEqualTo(read("a { b { c = 1 } }"));
    assertThat(read("a/b { c = 1 }")).isEqualTo(read("a { b { c = 1 } }"));
    rejects(
        "a//b = 1", "line 1, column 9: expected a key on both sides of every '/', found \"a//b\"");
    rejects("/a = 1", "line 1, column 7: expected a key on both sides of every '/', found \"/a\"");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "42, 42",
    "+42, 42",
    "-42, -42",
    "010, 8",
    "-010, -8",
    "00, 0",
    "9223372036854775807, 9223372036854775807",
    "-9223372036854775808, -9223372036854775808"
  })
  void readsIntegers(String text, long expected) {
    assertThat(value(text)).isEqualTo(new ConfigValue.Int(expected));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "08",
        "+",
        "-",
        "+-1",
        "9223372036854775808",
        "99999999999999999999",
        "0777777777777777777777777"
      })
  void rejectsWhatIsNoIntegerOf64Bits(String text) {
    assertThatThrownBy(() -> value(text))
        .isInstanceOf(MetadataFormatException.class)
        .hasMessageContaining("expected an integer of 64 bits for \"k\", found");
  }

  @Test
  void replacesACreationTimeThatIsTooLarge() {
    assertThat(read("creation_time = 9223372036854775808"))
        .containsExactly(entry("creation_time", 1_527_120_000));
  }

  @Test
  void endsANumberBeforeAHexadecimalDigit() {
    rejects(
        "k = 0x20\nl = 1", "line 2, column 1: expected '{' or '=' behind key \"x20\", found 'l'");
  }

  @Test
  void keepsNumbersWithAPointAsTheyAre() {
    assertThat(value("3.500000")).isEqualTo(new ConfigValue.Real("3.500000"));
    assertThat(value(".5")).isEqualTo(new ConfigValue.Real(".5"));
    assertThat(value("-1.")).isEqualTo(new ConfigValue.Real("-1."));
  }

  @Test
  void unescapesQuotesAndBackslashesInDoubleQuotesOnly() {
    assertThat(value("\"a \\\"b\\\" \\\\ \\n #\n{\"")).isEqualTo(text("a \"b\" \\ \\n #\n{"));
    assertThat(value("'a \\\\ \"b\"'")).isEqualTo(text("a \\\\ \"b\""));
    assertThat(value("\"\"")).isEqualTo(text(""));
  }

  @Test
  void keepsBytesThatAreNoAscii() {
    assertThat(value("\"caf\u00c3\u00a9 \u00ff\"")).isEqualTo(text("caf\u00c3\u00a9 \u00ff"));
  }

  @Test
  void rejectsAStringWithoutItsEnd() {
    rejects("k = \"abc", "line 1, column 9: expected a closing \", found the end");
    rejects("k = 'abc\"\n", "line 2, column 1: expected a closing ', found the end");
    rejects("k = \"abc\\", "line 1, column 10: expected a closing \", found the end");
  }

  @Test
  void readsWordsWithoutQuotes() {
    assertThat(value("async-unsafe,x")).isEqualTo(new ConfigValue.Bare("async-unsafe,x"));
    assertThat(read("s { k = async#c\nl=m}"))
        .containsExactly(
            new ConfigNode.Section(
                "s",
                ImmutableList.of(
                    new ConfigNode.Entry("k", new ConfigValue.Bare("async")),
                    new ConfigNode.Entry("l", new ConfigValue.Bare("m")))));
  }

  @Test
  void readsArrays() {
    assertThat(value("[]")).isEqualTo(array());
    assertThat(value("[ \"a\", 1,\n-2, .5 ]"))
        .isEqualTo(
            array(
                text("a"),
                new ConfigValue.Int(1),
                new ConfigValue.Int(-2),
                new ConfigValue.Real(".5")));
    assertThat(value("[\"a\",]")).isEqualTo(array(text("a")));
  }

  @Test
  void allowsAStringBehindAnItemWithoutAComma() {
    assertThat(value("[\"a\" \"b\"'c']")).isEqualTo(array(text("a"), text("b"), text("c")));
    rejects("k = [\"a\" 1]", "line 1, column 10: expected ',' or ']', found '1'");
    rejects("k = [1 2]", "line 1, column 8: expected ',' or ']', found '2'");
  }

  @Test
  void letsAWordSwallowTheEndOfAnArray() {
    rejects(
        "k = [word]",
        "line 1, column 11: expected ']' at the end of the array \"k\", found the end");
  }

  @Test
  void rejectsEmptyItemsAndNestedArrays() {
    rejects("k = [,]", "line 1, column 6: expected a value, found ','");
    rejects("k = [\"a\",,\"b\"]", "line 1, column 10: expected a value, found ','");
    rejects("k = [[1]]", "line 1, column 6: expected a value for \"k\", found '['");
    rejects(
        "k = [1", "line 1, column 7: expected ']' at the end of the array \"k\", found the end");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{ }", "}", "]", ",", "= 1", ""})
  void rejectsAMissingValue(String text) {
    assertThatThrownBy(() -> value(text))
        .isInstanceOf(MetadataFormatException.class)
        .hasMessageContaining("expected a value for \"k\", found");
  }

  @Test
  void rejectsBracesThatDoNotMatch() {
    rejects(
        "s { a = 1", "line 1, column 10: expected '}' at the end of section \"s\", found the end");
    rejects("s { }\n}", "line 2, column 1: expected a key, found '}' that closes nothing");
    rejects("s", "line 1, column 2: expected '{' or '=' behind key \"s\", found the end");
    rejects("s t", "line 1, column 3: expected '{' or '=' behind key \"s\", found 't'");
  }

  @Test
  void keepsBothOfTwoNodesOfOneName() {
    assertThat(read("a = 1 a = 2 s { } s { }")).hasSize(4);
  }

  @Test
  void boundsTheDepthOfSections() {
    assertThat(read("s {".repeat(32) + "}".repeat(32))).hasSize(1);
    assertThatThrownBy(() -> read("s {".repeat(33) + "}".repeat(33)))
        .hasMessageContaining("expected at most 32 nested sections");
    assertThatThrownBy(() -> read("s {".repeat(1_000_000)))
        .isInstanceOf(MetadataFormatException.class);
    assertThatThrownBy(() -> read("s/".repeat(1_000_000) + "t = 1"))
        .hasMessageContaining("expected at most 32 nested sections");
  }

  @Test
  void takesTimeInProportionToTheText() {
    String text = "s { " + "a = \"b\" t { c = [1, 2] } ".repeat(200_000) + "}";
    Assertions.assertTimeout(Duration.ofSeconds(20), () -> read(text));
    String strings = "k = [" + "\"\\\\\"".repeat(500_000) + "]";
    Assertions.assertTimeout(Duration.ofSeconds(20), () -> read(strings));
  }

  @Test
  void shortensLongTextsInMessages() {
    String key = "x".repeat(100_000);
    assertThatThrownBy(() -> read(key + " ?"))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
  }
}
