// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { columns } from './columns.ts'

/** What a number should be, and what it is. */
export interface Goal {
  readonly what: string
  readonly wanted: string
  readonly found: string
  readonly met: boolean
}

type Show = (value: number) => string
const plain: Show = (value) => value.toFixed(2)

export const atMost = (what: string, found: number, limit: number, show = plain): Goal => ({
  what,
  wanted: `≤ ${show(limit)}`,
  found: show(found),
  met: found <= limit,
})

export const atLeast = (what: string, found: number, limit: number, show = plain): Goal => ({
  what,
  wanted: `≥ ${show(limit)}`,
  found: show(found),
  met: found >= limit,
})

/** For the terminal; nothing when there are none. */
export function renderGoals(goals: readonly Goal[]): string[] {
  const rows = goals.map(({ what, wanted, found, met }) => [what, wanted, found, met ? 'yes' : 'NO'])
  return rows.length === 0 ? [] : ['', ...columns([['GOAL', 'WANTED', 'FOUND', 'MET'], ...rows])]
}
