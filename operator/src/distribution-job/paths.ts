// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { artifactFileName, type DistributionJob, type PatchArtifact } from '@patchswarm/api'
import { digestOf } from '../patch-artifact/digest.ts'

/** What stands under a path when a job is done with it. */
export interface PathFile {
  readonly digest: string
  readonly mode: string
  readonly owner: string
}

/** What a job brings, by path on the node; an artifact that is missing brings nothing yet. */
export function pathsOf(
  { spec: { delivery } }: DistributionJob,
  artifacts: readonly (PatchArtifact | undefined)[],
): ReadonlyMap<string, PathFile> {
  if (delivery.directory === undefined) return new Map()
  const files = artifacts.filter((one) => one !== undefined)
  return new Map(
    files.map((one) => [
      pathOf(delivery, one),
      fileOf(delivery, digestOf(one) || `first-use:${one.metadata.uid}`),
    ]),
  )
}

export const pathOf = ({ directory }: DistributionJob['spec']['delivery'], { spec }: PatchArtifact): string =>
  `${directory}/${artifactFileName(spec)}`

export const fileOf = (
  { mode, owner = '' }: DistributionJob['spec']['delivery'],
  digest: string,
): PathFile => ({
  digest,
  mode: mode.padStart(4, '0'),
  owner,
})

/** The same bytes with the same rights: two jobs that bring these never undo what the other has done. */
export const isSameFile = (a: PathFile, b: PathFile): boolean =>
  a.digest === b.digest && a.mode === b.mode && a.owner === b.owner

/** Two artifacts of one job that would get the same path. */
export function samePath(
  { spec: { delivery } }: DistributionJob,
  artifacts: readonly (PatchArtifact | undefined)[],
): { path: string; names: [string, string] } | undefined {
  if (delivery.directory === undefined) return undefined
  const byPath = new Map<string, string>()
  for (const one of artifacts) {
    if (!one) continue
    const path = pathOf(delivery, one)
    const other = byPath.get(path)
    if (other !== undefined) return { path, names: [other, one.metadata.name] }
    byPath.set(path, one.metadata.name)
  }
  return undefined
}
