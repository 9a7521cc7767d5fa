// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Candidate } from './election.ts'

/** Where one file stands in the sites of a profile. */
export interface SitesView {
  /** Agents that could read it. */
  readonly candidates: readonly Candidate[]
  /** Sites with somebody who has the whole. */
  readonly whole: ReadonlySet<string>
  /** Site of the seeder that signs. */
  readonly seederSite: string | undefined
  /** A seeder has the whole. */
  readonly isSeeded: boolean
  /** So many sites read at once: the seeder has a link to a reader of each. */
  readonly most: number
}

/**
 * Sites that read the file for themselves: those where somebody waits for it and nobody has the whole. While nobody waits for it
 * anywhere one site reads it for the seeder.
 */
export function sitesToRead({ candidates, whole, seederSite, isSeeded, most }: SitesView): string[] {
  const wanting = sitesOf(candidates.filter(({ wants }) => wants))
  if (wanting.length > 0) return wanting.filter((site) => !whole.has(site)).slice(0, most)
  if (isSeeded || whole.size > 0) return []
  const able = sitesOf(candidates)
  return able.filter((site) => site === (able.find((one) => one === seederSite) ?? able[0]))
}

const sitesOf = (candidates: readonly Candidate[]): string[] =>
  [...new Set(candidates.map(({ site }) => site))].sort()
