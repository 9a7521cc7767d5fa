// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** What stands against an artifact, as it is reported. */
export interface Failure {
  reason: string
  message: string
  /** Of a whole file that is not the one of the digest. */
  sha256?: string
  /** Which nodes have read what of it, where agents do. */
  readBy?: string
  /** What the tracker said that it was read for then. */
  spec?: string
}
