// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'

/** So many read one file: enough for one to be missed, few enough for the origin. */
export const READERS = 4

/** An agent that may be asked to read. */
export interface Candidate {
  readonly peerId: string
  readonly site: string
  /** Something on its node waits for the file. */
  readonly wants: boolean
  /** It has found that it cannot read the sources as they are seen from its node. */
  readonly fails?: boolean
}

/**
 * Who reads a file: those that do so already, then by a hash, from as many sites as there are. Agents whose node waits for
 * the file come first; where there are none, the others read it for whoever will. Who fails gives way while there are others.
 *
 * @param before who read it until now
 * @param most of them
 * @returns peer IDs
 */
export function electReaders(
  swarmKey: string,
  candidates: readonly Candidate[],
  before: ReadonlySet<string>,
  most = READERS,
): string[] {
  const able = preferring(candidates, ({ fails }) => !fails)
  const rest = preferring(able, ({ wants }) => wants).toSorted((a, b) => compare(swarmKey, a, b))
  const elected = rest.filter(({ peerId }) => before.has(peerId)).slice(0, most)
  while (elected.length < most && elected.length < rest.length) {
    const open = rest.filter((one) => !elected.includes(one))
    const fewest = Math.min(...open.map(({ site }) => readersIn(elected, site)))
    elected.push(...open.filter(({ site }) => readersIn(elected, site) === fewest).slice(0, 1))
  }
  return elected.map(({ peerId }) => peerId)
}

function preferring(candidates: readonly Candidate[], which: (one: Candidate) => boolean) {
  const some = candidates.filter(which)
  return some.length > 0 ? some : candidates
}

const readersIn = (elected: readonly Candidate[], site: string): number =>
  elected.filter((one) => one.site === site).length

const compare = (swarmKey: string, a: Candidate, b: Candidate): number =>
  hashOf(swarmKey, a) < hashOf(swarmKey, b) ? -1 : 1

const hashOf = (swarmKey: string, { peerId }: Candidate): string =>
  createHash('sha256').update(swarmKey).update(peerId).digest('hex')
