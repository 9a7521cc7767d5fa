// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { TrackerClientView } from '@patchswarm/swarm/tracker'
import { expect, test } from 'vitest'
import { isDue } from './renewal.ts'

const hours = (count: number) => count * 3_600_000
const client = (peerId: string) => ({ peerId, connectedAt: 0 }) as TrackerClientView
const peers = Array.from({ length: 200 }, (_, index) => client(`peer-${index}`))
const dueAfter = (count: number) => peers.filter((one) => isDue(one, hours(count))).length

test('every connection ends before its membership does, not all in the same hour', () => {
  expect(dueAfter(11)).toBe(0)
  expect(dueAfter(15)).toBeGreaterThan(50)
  expect(dueAfter(15)).toBeLessThan(150)
  expect(dueAfter(18)).toBe(200)
})
