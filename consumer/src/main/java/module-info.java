// SPDX-License-Identifier: Apache-2.0
/** A program that uses pvmove for Java. */
module org.example.consumer {
  requires com.sun.jna;
  requires org.pvmove.core;
}
