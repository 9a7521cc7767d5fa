// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** How a receiver is whose own time does not count: like the others, behind a tenth of their rate, or sending garbage. */
export type Manner = 'usual' | 'slow' | 'lying'

/** How much slower a slow one is. */
export const SLOWER = 10

/** One way in which the receivers beside those that count may be. */
export interface Company {
  /** Follows the name of the system; empty when they are like the others. */
  readonly name: string
  readonly manners: readonly Manner[]
}

/** The run without them first, so many receivers in each: what differs is how some of them are. */
export function companies(slow: number, liars: number): Company[] {
  const places = Math.max(slow, liars)
  const company = (count: number, manner: Manner): Company => ({
    name: `, ${count} ${manner}`,
    manners: Array.from({ length: places }, (_, i) => (i < count ? manner : 'usual')),
  })
  return [
    { ...company(0, 'usual'), name: '' },
    ...(slow > 0 ? [company(slow, 'slow')] : []),
    ...(liars > 0 ? [company(liars, 'lying')] : []),
  ]
}
