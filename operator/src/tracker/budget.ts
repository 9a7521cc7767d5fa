// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import type { GrantRequest } from '@patchswarm/swarm/tracker'
import { formatBytes } from '../human.ts'
import { knownSize } from '../patch-artifact/size.ts'

export type BudgetDecision = { length: number } | { length: 0; reason: string; message: string }

const MiB = 1024 * 1024

/**
 * How much of the asked range may be read. The sum of all grants never exceeds the budget of the artifact, whatever was lost or restarted. Where nobody states a size, what has been asked for so far counts as it, and
 * no less than one step: before its first byte nobody may know the size, and that must not cost the whole budget.
 */
export function decideGrant(artifact: PatchArtifact, request: Range): BudgetDecision {
  const { offset, length, totalSize, held } = request
  if (![offset, length, totalSize, held ?? 0].every(isCount) || length === 0) {
    return refusal('InvalidRequest', 'A grant needs whole, positive numbers of bytes.')
  }
  const { spec } = artifact
  if (spec.size !== undefined && totalSize > 0 && totalSize !== spec.size) {
    return refusal('SizeMismatch', `The origin states ${totalSize} bytes where spec.size says ${spec.size}.`)
  }
  const size = sizeOf(artifact, totalSize)
  if (size > 0 && offset >= size) {
    return refusal('SizeMismatch', `Byte ${offset} lies behind the artifact's ${size} bytes.`)
  }
  if (request.all) return length <= budgetLeft(artifact, size) ? { length } : exhausted(artifact, size)
  const room = roomOf(size, spareOf(artifact, size, offset), held)
  if (room === 0) return refusal('HoldsEnough', 'It has leave for what comes next.')
  const wanted = Math.min(length, room, (size || Infinity) - offset)
  return withinBudget(artifact, wanted, size > 0 ? size : Math.max(offset + wanted, UNKNOWN))
}

/**
 * The most that may ever be granted of a file of this size. A fifth of a small file is less than one broken connection
 * costs, so there is at least 1 MiB for mishaps, unless the factor says that there is nothing at all.
 */
export const budgetOf = (size: number, budgetFactor: number): number =>
  budgetFactor === 1 ? size : Math.max(Math.floor(budgetFactor * size), size + MiB)

/**
 * How much of a range may be read by one of several readers, in whole chunks from its start on: each has two such ranges, so
 * they are half of what a single reader is given at once.
 *
 * @param left bytes that are still to be given, this range among them
 */
export function decideRange(
  artifact: PatchArtifact,
  { start, end, left, chunkSize }: ReadersRange,
): BudgetDecision {
  const size = sizeOf(artifact, end)
  const spare = Math.max(0, budgetLeft(artifact, size) - left)
  const step = stepOf(size, spare / 2)
  const wanted = Math.min(end - start, Math.max(chunkSize, step - (step % chunkSize)))
  const decision = withinBudget(artifact, wanted, size)
  if (decision.length === 0 || decision.length === wanted) return decision
  const whole = decision.length - (decision.length % chunkSize)
  return whole > 0 ? { length: whole } : exhausted(artifact, size)
}

/** Bytes that may be granted yet. */
export const budgetLeft = ({ spec, status }: PatchArtifact, size: number): number =>
  budgetOf(size, spec.origin.budgetFactor) - (status?.origin?.bytesGranted ?? 0)

interface ReadersRange {
  readonly start: number
  readonly end: number
  readonly left: number
  readonly chunkSize: number
}

function withinBudget(artifact: PatchArtifact, wanted: number, size: number): BudgetDecision {
  const left = budgetLeft(artifact, size)
  return left > 0 ? { length: Math.min(wanted, left) } : exhausted(artifact, size)
}

function exhausted({ spec, status }: PatchArtifact, size: number): BudgetDecision {
  const { budgetFactor } = spec.origin
  const [granted, budget] = [status?.origin?.bytesGranted ?? 0, budgetOf(size, budgetFactor)]
  return refusal(
    'OriginBudgetExhausted',
    `${formatBytes(granted)} were granted; spec.origin.budgetFactor ${budgetFactor} allows ${formatBytes(budget)}.`,
  )
}

/** How much of what a reader gives back comes off the sum: what was read stays granted, whatever it says. */
export function takenBack({ status }: PatchArtifact, back: number): number {
  const { bytesGranted = 0, bytesRead = 0 } = status?.origin ?? {}
  return isCount(back) ? Math.max(0, Math.min(back, bytesGranted - bytesRead)) : 0
}

/**
 * How much more may be written down with a grant, so that the next ones need no write. It is lost with the leader, and readers,
 * who hold half of what there is to spare, may go with it: so it is half of the rest.
 *
 * @param left bytes of the file that are still to be given, this grant among them
 */
export function aheadOf(artifact: PatchArtifact, { size, left, length }: Granted): number {
  const spare = budgetLeft(artifact, size) - left
  return Math.max(0, Math.min(left - length, Math.floor(spare / 4)))
}

interface Granted {
  readonly size: number
  readonly left: number
  readonly length: number
}

/** 0 where nobody knows it. */
export const sizeOf = (artifact: PatchArtifact, stated: number): number => knownSize(artifact) || stated

/** What the budget has for losses: what is left of it once the rest of the file is read. */
const spareOf = (artifact: PatchArtifact, size: number, offset: number): number =>
  Math.max(0, budgetLeft(artifact, size) - (size - offset))

/**
 * The most that one grant gives. What is granted and not read when a reader dies is lost to the budget, and a reader has
 * two grants at most; so each is an eighth of what there is to spare, and no series of deaths takes more than a quarter of
 * the rest each time. Each grant costs a status write, so there must not be too many.
 */
export const stepOf = (size: number, spare: number): number =>
  size > 0 ? Math.min(LARGEST, atLeast(size, spare / 8)) : LARGEST

/**
 * How much more a reader may be given. One that writes down what it holds loses it with its disk alone: it may hold half of what
 * there is to spare, and gets nothing before half of that is used, for each grant costs a status write.
 */
function roomOf(size: number, spare: number, held: number | undefined): number {
  if (held === undefined || size === 0) return stepOf(size, spare)
  const most = atLeast(size, spare / 2)
  return held >= SMALLEST && 2 * held > most ? 0 : most - held
}

const atLeast = (size: number, part: number): number =>
  Math.max(SMALLEST, Math.ceil(size / 256), Math.ceil(part))

const LARGEST = 64 * MiB
const SMALLEST = MiB / 4
/** What a size that nobody knows counts as at the least. */
const UNKNOWN = 64 * MiB

type Range = Pick<GrantRequest, 'offset' | 'length' | 'totalSize'> &
  Partial<Pick<GrantRequest, 'held' | 'all'>>

const refusal = (reason: string, message: string): BudgetDecision => ({ length: 0, reason, message })

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
