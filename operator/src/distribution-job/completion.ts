// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { NodeView } from './tally.ts'

/** A hundred years; of much later times there is no date. */
const longestSeconds = 100 * 365 * 86_400

/**
 * When the job will be done if everything goes on as it does: the slowest active node at its rate, or all that is left
 * at the rate of all, whichever is later. Undefined while nothing moves, or as good as nothing; in whole seconds, so that it
 * does not flicker.
 */
export function estimateCompletion(
  views: readonly NodeView[],
  waiting: number,
  artifactBytes: number,
  now: Date,
): string | undefined {
  const active = views.filter((one) => one.outcome === 'active')
  const moving = active.filter((one) => one.rate > 0)
  if (moving.length === 0 || artifactBytes === 0) return undefined
  const left = (one: NodeView): number => Math.max(0, artifactBytes - one.bytesDone)
  const slowest = Math.max(...moving.map((one) => left(one) / one.rate))
  const allLeft = active.reduce((sum, one) => sum + left(one), waiting * artifactBytes)
  const allRate = moving.reduce((sum, one) => sum + one.rate, 0)
  const seconds = Math.ceil(Math.max(slowest, allLeft / allRate))
  if (!(seconds < longestSeconds)) return undefined
  return new Date(Math.ceil(now.getTime() / 1000) * 1000 + seconds * 1000).toISOString()
}
