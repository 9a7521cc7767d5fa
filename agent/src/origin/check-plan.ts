// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** So many chunks of each reader, round by round: who lies always is found by the first, and most of the budget is left to mend it. */
const ROUNDS = [1, 2, 4, 8]

/** A file that agents have read and that has not the digest, while the seeder reads parts of it again. */
export interface Check {
  /** By node: the leaves that were signed by its word. Each leaf once. */
  readonly said: ReadonlyMap<string, readonly number[]>
  readonly lengthOf: (leaf: number) => number
  /** Leaves that were read again, … */
  readonly read: ReadonlySet<number>
  /** … and those of them that are others in the sources. */
  readonly wrong: ReadonlySet<number>
  /** Some were corrected, and the whole was not hashed since. */
  readonly isUnhashed: boolean
  /** So many bytes were more than the budget has. */
  readonly refusedBytes: number
  /** From 0 to 1. */
  readonly random: () => number
}

export type CheckStep =
  | { readonly do: 'read'; readonly leaves: readonly number[] }
  | { readonly do: 'hash' }
  /** Nothing is left, or what would be next is more than the budget has: so many bytes. */
  | { readonly do: 'end'; readonly lackedBytes: number }

/**
 * What to read again next. First some chunks of each reader; then all of those who were found to have said something else, or as
 * much as the budget has; then, if the whole is still wrong, all the rest. A liar must not cost more than it has read, as long as
 * it lies often. What nobody is known to have lied about is read as a whole or not at all: a wrong digest is far more frequent.
 */
export function nextStep(check: Check): CheckStep {
  const { said, read, wrong, isUnhashed, refusedBytes } = check
  const readers = [...said.values()]
  const unread = (leaves: readonly number[]) => leaves.filter((leaf) => !read.has(leaf))
  const due = unread(readers.filter((leaves) => leaves.some((leaf) => wrong.has(leaf))).flat())
  const some = asManyAsFit(check, due)
  if (some.length > 0) return { do: 'read', leaves: some }
  if (isUnhashed) return { do: 'hash' }
  if (due.length > 0) return { do: 'end', lackedBytes: bytesOf(check, due) }
  const more = nextRound(check, readers)
  const leaves = more.length > 0 && bytesOf(check, more) < refusedBytes ? more : unread(readers.flat())
  const bytes = bytesOf(check, leaves)
  if (leaves.length === 0 || bytes >= refusedBytes) return { do: 'end', lackedBytes: bytes }
  return { do: 'read', leaves }
}

/** All of them, or half of what the budget has not got; that again and again comes near to what it has. */
function asManyAsFit(check: Check, leaves: readonly number[]): readonly number[] {
  const bytes = bytesOf(check, leaves)
  if (bytes < check.refusedBytes) return leaves
  return leaves.slice(0, Math.floor((leaves.length * check.refusedBytes) / (2 * bytes)))
}

function nextRound({ read, random }: Check, readers: readonly (readonly number[])[]): number[] {
  for (const most of ROUNDS) {
    const round = readers.flatMap((leaves) => {
      const unread = leaves.filter((leaf) => !read.has(leaf))
      return sample(unread, most - (leaves.length - unread.length), random)
    })
    if (round.length > 0) return round
  }
  return []
}

function sample(leaves: readonly number[], count: number, random: () => number): number[] {
  const left = [...leaves]
  return Array.from({ length: Math.min(Math.max(0, count), left.length) }, () =>
    left.splice(Math.floor(random() * left.length), 1),
  ).flat()
}

const bytesOf = ({ lengthOf }: Check, leaves: readonly number[]): number =>
  leaves.reduce((sum, leaf) => sum + lengthOf(leaf), 0)
