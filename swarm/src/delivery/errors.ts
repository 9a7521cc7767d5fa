// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Why a delivery failed on this node, as the NodeDistribution says it. */
export type DeliveryFailureReason =
  | 'DigestMismatch'
  | 'DirectoryNotAllowed'
  | 'RootMissing'
  | 'TargetNotWritable'
  | 'InsufficientDisk'
  | 'PathConflict'
  | 'InvalidDirectory'

/** A delivery that cannot go on; `message` names the path and says what to do. */
export abstract class DeliveryError extends Error {
  abstract readonly reason: DeliveryFailureReason
}

/** The bytes that were written are not the artifact; the cache should be hashed again. */
export class DigestMismatchError extends DeliveryError {
  override name = 'DigestMismatchError'
  readonly reason = 'DigestMismatch'
}

/** Not below an allowed root, or reached through a symbolic link. */
export class DirectoryNotAllowedError extends DeliveryError {
  override name = 'DirectoryNotAllowedError'
  readonly reason = 'DirectoryNotAllowed'
}

/** The profile allows the root, but this node has no such directory. */
export class RootMissingError extends DeliveryError {
  override name = 'RootMissingError'
  readonly reason = 'RootMissing'
}

/** No permission, a read-only file system, or something else stands under the name. */
export class TargetNotWritableError extends DeliveryError {
  override name = 'TargetNotWritableError'
  readonly reason = 'TargetNotWritable'
}

/** The file does not fit on the target's file system. */
export class InsufficientDiskError extends DeliveryError {
  override name = 'InsufficientDiskError'
  readonly reason = 'InsufficientDisk'
}

/** Another delivery that is still listed owns the path. */
export class PathConflictError extends DeliveryError {
  override name = 'PathConflictError'
  readonly reason = 'PathConflict'
}

/** Directory, file name or owner are not written as they must be. */
export class InvalidDirectoryError extends DeliveryError {
  override name = 'InvalidDirectoryError'
  readonly reason = 'InvalidDirectory'
}

/** Not the target's fault: the file in the cache is gone or cannot be read. */
export class CacheFileError extends Error {
  override name = 'CacheFileError'
}
