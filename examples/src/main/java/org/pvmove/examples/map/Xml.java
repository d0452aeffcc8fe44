// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.xml.XmlEscapers;
import java.util.ArrayDeque;
import java.util.Deque;

/** Writes elements that are well formed, whatever is in them; as XML and as HTML alike. */
final class Xml {
  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /**
   * Begins an element.
   *
   * @param attributes names and values in turn
   */
  Xml open(String name, Object... attributes) {
    begin(name, attributes);
    out.append('>');
    open.push(name);
    return this;
  }

  /** An element without content. */
  Xml empty(String name, Object... attributes) {
    begin(name, attributes);
    out.append("/>");
    return this;
  }

  /** An element with nothing but text in it. */
  Xml leaf(String name, String text, Object... attributes) {
    return open(name, attributes).text(text).close();
  }

  Xml text(String text) {
    out.append(XmlEscapers.xmlContentEscaper().escape(text));
    return this;
  }

  /** Ends the element that was begun last. */
  Xml close() {
    out.append("</").append(open.pop()).append('>');
    return this;
  }

  Xml newLine() {
    out.append('\n');
    return this;
  }

  /** Puts in what is well formed already. */
  Xml raw(String markup) {
    out.append(markup);
    return this;
  }

  private void begin(String name, Object... attributes) {
    out.append('<').append(name);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ')
          .append(attributes[i])
          .append("=\"")
          .append(XmlEscapers.xmlAttributeEscaper().escape(String.valueOf(attributes[i + 1])))
          .append('"');
    }
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
