// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { PatchArtifactSpec } from './patch-artifact.gen.ts'

/**
 * The name that the file gets on the nodes: spec.fileName, or the last segment of the first URL. The CRD takes only
 * specs for which this is a plain name; '' when an unchecked spec has none.
 */
export function artifactFileName(spec: Pick<PatchArtifactSpec, 'fileName' | 'sources'>): string {
  if (spec.fileName !== undefined) return spec.fileName
  const path = spec.sources[0]?.http?.url.split(/[?#]/)[0] ?? ''
  return path.slice(path.lastIndexOf('/') + 1)
}
