// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/** Writes metadata that this library would refuse to write. */
public final class RawCommit {
  private RawCommit() {}

  /** Commits a version as it is, numbered but not checked. */
  public static StoredVolumeGroup commit(
      StoredVolumeGroup base, VolumeGroup next, MetadataHeader header)
      throws CommitFailedException {
    return Committer.commit(
        base,
        new MetadataText(next.toBuilder().seqno(base.volumeGroup().seqno() + 1).build(), header));
  }
}
