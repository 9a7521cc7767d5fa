// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Why the memberships of a node are void, and for how long: one value of the ConfigMap, whose key is the node's name. */
export interface Entry {
  readonly why: string
  /** Milliseconds since the epoch; undefined for what a person wrote, which holds until a person takes it out. */
  readonly until: number | undefined
  /** Who has proven since to be this node. */
  readonly peers: readonly string[]
}

/** What the operator has written; anything else is the word of a person. */
export function entryFrom(text: string): Entry {
  try {
    const { why, until, peers } = JSON.parse(text)
    const time = Date.parse(until)
    if (typeof why === 'string' && time > 0 && Array.isArray(peers)) return { why, until: time, peers }
  } catch {
    // Not JSON: a person's.
  }
  return { why: text, until: undefined, peers: [] }
}

export const textOf = ({ why, until, peers }: Entry): string =>
  JSON.stringify({ why, until: until === undefined ? undefined : new Date(until).toISOString(), peers })

export const isOver = ({ until }: Entry, now: number): boolean => until !== undefined && until <= now

/**
 * Names to take out so that one more fits: what has run out, and of the rest what runs out first. What a person wrote stays.
 */
export function superfluous(entries: ReadonlyMap<string, Entry>, most: number, now: number): string[] {
  const passing = [...entries].filter(([, { until }]) => until !== undefined)
  const inOrder = passing.sort(([, a], [, b]) => (a.until ?? 0) - (b.until ?? 0))
  const tooMany = entries.size + 1 - most
  return inOrder.filter(([, entry], index) => isOver(entry, now) || index < tooMany).map(([node]) => node)
}
