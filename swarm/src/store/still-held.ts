// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { GrowingManifest } from '../manifest/growing-manifest.ts'
import { leafCount } from '../manifest/layout.ts'
import { leafDigest } from '../manifest/manifest.ts'
import type { Manifest } from '../manifest/types.ts'
import { Bitmap } from './bitmap.ts'

/**
 * The chunks of a manifest that grew which are the same in this one: the bitmap itself where the layout is the same, so
 * that chunks which come in meanwhile are in it.
 */
export function stillHeld(held: Bitmap, growing: GrowingManifest | undefined, manifest: Manifest): Bitmap {
  // Manifests grow in chunks of one size: those of another layout stand elsewhere in the file.
  const fixed = manifest.ends === undefined && growing?.chunkSize === manifest.chunkSize
  const same = fixed && growing.size === manifest.size
  if (growing === undefined || !same || leafCount(manifest) !== growing.chunks) {
    return new Bitmap(leafCount(manifest))
  }
  for (const index of held) {
    const differs = Buffer.compare(leafDigest(growing, index), leafDigest(manifest, index)) !== 0
    if (differs) held.delete(index)
  }
  return held
}
