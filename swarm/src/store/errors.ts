// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** The bytes are not the chunk that the manifest names: another hash or another length. */
export class ChunkMismatchError extends Error {
  override name = 'ChunkMismatchError'
}

/** The chunk is not held. */
export class ChunkMissingError extends Error {
  override name = 'ChunkMissingError'
}

/** The file system of the cache is full (or a quota is). What was held stays held; try again when there is room. */
export class NoSpaceError extends Error {
  override name = 'NoSpaceError'
}

/** The artifact has no manifest yet. */
export class ManifestMissingError extends Error {
  override name = 'ManifestMissingError'
}

/** The artifact has a manifest already, and it is another one. */
export class ManifestConflictError extends Error {
  override name = 'ManifestConflictError'
}

/** The artifact was closed or removed. */
export class ArtifactClosedError extends Error {
  override name = 'ArtifactClosedError'
}

/** The origin sent more or fewer bytes than it announced. */
export class IngestSizeError extends Error {
  override name = 'IngestSizeError'
}

/** The whole file has another SHA-256 than the one expected; what was read is given up. */
export class IngestDigestError extends Error {
  override name = 'IngestDigestError'
  /** Hex, of the bytes that came. */
  readonly sha256: string

  constructor(message: string, sha256: string) {
    super(message)
    this.sha256 = sha256
  }
}
