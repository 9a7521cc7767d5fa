// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Line, SimScenario } from './scenarios.ts'

/** Node 0 is the seeder. */
export function lineOf(scenario: SimScenario, id: number): Line {
  const { rate, seederRate = rate, lines = [], slow } = scenario
  if (id === 0) {
    return { up: seederRate, down: seederRate }
  }
  const { up, down } = lines[(id - 1) % lines.length] ?? { up: rate, down: rate }
  const factor = isSlow(scenario, id) ? (slow?.factor ?? 1) : 1
  return { up: up / factor, down: down / factor }
}

const isSlow = ({ slow }: SimScenario, id: number): boolean => id > 0 && id <= (slow?.count ?? 0)

/** Liars come after those that are slow or die. */
export function isLiar({ slow, dying = 0, lying = 0 }: SimScenario, id: number): boolean {
  const honest = Math.max(slow?.count ?? 0, dying)
  return id > honest && id <= honest + lying
}

/** Whether its time counts. */
export const isCounted = (scenario: SimScenario, id: number): boolean =>
  id > 0 && !isLiar(scenario, id) && !(scenario.fastOnly === true && isSlow(scenario, id))

/** max{F/u_s, F/d_min, N·F/(u_s + Σu)} of those whose times count, and F over the lines between sites. */
export function boundMs(scenario: SimScenario): number {
  const { nodes, size, sites } = scenario
  const receivers = Array.from({ length: nodes }, (_, at) => at + 1)
  const counted = receivers.filter((id) => isCounted(scenario, id))
  const seeder = lineOf(scenario, 0).up
  // One by one: there are too many to be arguments.
  const slowest = counted.reduce((least, id) => Math.min(least, lineOf(scenario, id).down), seeder)
  const uplinks = receivers.reduce((sum, id) => sum + lineOf(scenario, id).up, seeder)
  const across = sites === undefined ? 0 : size / sites.rate
  return 1000 * Math.max(size / slowest, (counted.length * size) / uplinks, across)
}
