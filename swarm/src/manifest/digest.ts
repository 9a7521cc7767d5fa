// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Length of a SHA-256 in bytes. */
export const DIGEST_BYTES = 32

const PATTERN = /^sha256:([0-9a-f]{64})$/

/** A digest that is not `sha256:` and 64 lower-case hex digits. */
export class InvalidDigestError extends Error {
  override name = 'InvalidDigestError'
}

/**
 * The hex part of a digest as it stands in a PatchArtifact.
 * @throws InvalidDigestError
 */
export function digestHex(digest: string): string {
  const hex = PATTERN.exec(digest)?.[1]
  if (hex === undefined) {
    throw new InvalidDigestError(`"${digest}" is no digest: write sha256: and 64 lower-case hex digits`)
  }
  return hex
}
