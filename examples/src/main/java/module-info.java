// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** The pvmove command and small embedding programs. */
@NullMarked
module org.pvmove.examples {
  requires static org.jspecify;
  requires com.fasterxml.jackson.core;
  requires info.picocli;
  requires org.pvmove.core;

  // Picocli sets the fields that options and arguments go to.
  opens org.pvmove.examples to
      info.picocli;
}
