// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Of each reader so many chunks at first, or fewer where the budget has not got them: who lies a lot is found by few. */
const SAMPLES = [8, 4, 2, 1]

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
 * What to read again next. First some chunks of each reader; then all of those who were found to have said something else; then,
 * if the whole is still wrong, all the rest. A liar must not cost more than it has read, as long as it lies often; and nothing is
 * begun that the budget could not bring to its end.
 */
export function nextStep(check: Check): CheckStep {
  const { said, read, wrong, isUnhashed } = check
  const readers = [...said.values()]
  const unread = (leaves: readonly number[]) => leaves.filter((leaf) => !read.has(leaf))
  const due = unread(readers.filter((leaves) => leaves.some((leaf) => wrong.has(leaf))).flat())
  if (due.length > 0) return readAll(check, due)
  if (isUnhashed) return { do: 'hash' }
  const fresh = readers.filter((leaves) => leaves.length > 0 && !leaves.some((leaf) => read.has(leaf)))
  if (fresh.length > 0) return readSample(check, fresh)
  return readAll(check, unread(readers.flat()))
}

function readAll(check: Check, leaves: readonly number[]): CheckStep {
  const bytes = bytesOf(check, leaves)
  if (leaves.length === 0 || bytes >= check.refusedBytes) return { do: 'end', lackedBytes: bytes }
  return { do: 'read', leaves }
}

function readSample(check: Check, readers: readonly (readonly number[])[]): CheckStep {
  const samples = SAMPLES.map((count) => readers.flatMap((leaves) => sample(leaves, count, check.random)))
  const leaves = samples.find((one) => bytesOf(check, one) < check.refusedBytes)
  return leaves === undefined ? readAll(check, samples.at(-1) ?? []) : { do: 'read', leaves }
}

function sample(leaves: readonly number[], count: number, random: () => number): number[] {
  const left = [...leaves]
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(Math.floor(random() * left.length), 1),
  ).flat()
}

const bytesOf = ({ lengthOf }: Check, leaves: readonly number[]): number =>
  leaves.reduce((sum, leaf) => sum + lengthOf(leaf), 0)
