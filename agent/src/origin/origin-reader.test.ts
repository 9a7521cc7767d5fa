// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import type { GrantRequest } from '@patchswarm/swarm/tracker'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { type OriginParts, originAccess } from './origin-parts.ts'
import { type Assigned, OriginReader } from './origin-reader.ts'

const KEY = 'swarm'
const LENGTH = 10

/** A reader of a file whose sources nobody can reach, and a tracker that gives it one range after the other. */
function reader() {
  const named: number[][] = []
  const tracker = {
    async requestGrant({ reading }: Pick<GrantRequest, 'reading'>) {
      const offset = LENGTH * named.push([...reading]) - LENGTH
      await sleep(1)
      return { offset, length: LENGTH, reason: '', message: '' }
    },
  }
  const access = originAccess(undefined)
  const log = pino({ level: 'silent' })
  const parts = { tracker, log, pace: {}, access: () => access } as unknown as OriginParts
  const stored = { key: KEY, complete: false, counters: { originBytesRead: 0 } }
  const wish = { name: 'patch', size: 100, origin: { reads: true, sources: [] } }
  const assigned = { wish, stored, joined: () => undefined } as unknown as Assigned
  return { reader: new OriginReader(parts), assigned, named }
}

test('whoever asks for a second range names the first, also when that has just been given', async () => {
  const { reader: one, assigned, named } = reader()
  one.start(assigned)
  await expect.poll(() => one.ranges(KEY)).toEqual([0, LENGTH, LENGTH, 2 * LENGTH])
  await one.stop(KEY)
  expect(named).toEqual([[], [0, LENGTH]])
})
