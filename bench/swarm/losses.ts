// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { atMost, type Goal } from '../goals.ts'
import type { Company } from './beside.ts'
import type { BenchResult, SystemResult } from './result.ts'

/** More than this nobody may lose by the others' company. */
const MOST_LOST = 0.05

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** What the receivers that count lose by each company, against the same system's run without it. */
export function losses({ systems }: BenchResult, companies: readonly Company[]): Goal[] {
  return Object.entries(systems).flatMap(([name, alone]) =>
    companies.flatMap((company) => {
      const together = systems[`${name}${company.name}`]
      return company.name === '' || together === undefined
        ? []
        : lossesOf(name + company.name, alone, together)
    }),
  )
}

function lossesOf(name: string, alone: SystemResult, together: SystemResult): Goal[] {
  const lost = (seconds: number, than: number) => seconds / than - 1
  return [
    atMost(
      `${name}: the last of the others loses`,
      lost(together.makespanSeconds, alone.makespanSeconds),
      MOST_LOST,
      percent,
    ),
    atMost(
      `${name}: the median of the others loses`,
      lost(together.medianSeconds, alone.medianSeconds),
      MOST_LOST,
      percent,
    ),
  ]
}
