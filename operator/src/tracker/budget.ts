// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import type { GrantRequest } from '@patchswarm/swarm/tracker'
import { formatBytes } from '../human.ts'

export type BudgetDecision = { length: number } | { length: 0; reason: string; message: string }

const MiB = 1024 * 1024

/**
 * How much of the asked range may be read. The sum of all grants never exceeds budgetFactor times the size of the
 * artifact, whatever was lost or restarted. Where nobody states a size, what has been asked for so far counts as it, and
 * no less than one step: before its first byte nobody may know the size, and that must not cost the whole budget.
 */
export function decideGrant(artifact: PatchArtifact, request: Range): BudgetDecision {
  const { offset, length, totalSize } = request
  if (![offset, length, totalSize].every(isCount) || length === 0) {
    return refusal('InvalidRequest', 'A grant needs whole, positive numbers of bytes.')
  }
  const { spec, status } = artifact
  if (spec.size !== undefined && totalSize > 0 && totalSize !== spec.size) {
    return refusal('SizeMismatch', `The origin states ${totalSize} bytes where spec.size says ${spec.size}.`)
  }
  const size = status?.size || spec.size || totalSize
  const wanted = Math.min(length, stepOf(size), size > 0 ? size - offset : length)
  if (wanted <= 0) return refusal('SizeMismatch', `Byte ${offset} lies behind the artifact's ${size} bytes.`)
  return withinBudget(artifact, wanted, size > 0 ? size : Math.max(offset + wanted, stepOf(size)))
}

function withinBudget({ spec, status }: PatchArtifact, wanted: number, size: number): BudgetDecision {
  const factor = spec.origin.budgetFactor
  const granted = status?.origin?.bytesGranted ?? 0
  const budget = Math.floor(factor * size)
  if (granted >= budget) {
    return refusal(
      'OriginBudgetExhausted',
      `${formatBytes(granted)} were granted; spec.origin.budgetFactor ${factor} allows ${formatBytes(budget)}.`,
    )
  }
  return { length: Math.min(wanted, budget - granted) }
}

/**
 * The most that one grant gives: what is granted and not read when a seeder dies is lost to the budget, so it must be a
 * small part of it; each grant costs a status write, so there must not be too many.
 */
export const stepOf = (size: number): number =>
  size > 0 ? Math.min(64 * MiB, Math.max(MiB, Math.ceil(size / 10))) : 64 * MiB

type Range = Pick<GrantRequest, 'offset' | 'length' | 'totalSize'>

const refusal = (reason: string, message: string): BudgetDecision => ({ length: 0, reason, message })

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
