// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GrantRequest } from '@patchswarm/swarm/tracker'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { type OriginParts, originAccess } from './origin-parts.ts'
import { type Assigned, OriginReader } from './origin-reader.ts'

const KEY = 'swarm'
const LENGTH = 10
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A source that says what it has, and never sends it. */
async function silentSource(): Promise<{ url: string }> {
  const server = createServer((request, response) => {
    if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 100 }).end()
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/patch` }
}

/** A reader of a file, and a tracker that gives it one range after the other. */
function reader(sources: { url: string }[]) {
  const named: number[][] = []
  const tracker = {
    async requestGrant({ reading }: Pick<GrantRequest, 'reading'>) {
      const offset = LENGTH * named.push([...reading]) - LENGTH
      await sleep(1)
      return { offset, length: LENGTH, reason: '', message: '' }
    },
  }
  const said = { allowedDomains: ['127.0.0.1'], clusterNetworks: [], tlsMinVersion: '' }
  const access = originAccess({ $typeName: 'patchswarm.tracker.v1.OriginAccess', ...said })
  const log = pino({ level: 'silent' })
  const parts = { tracker, log, pace: {}, access: () => access } as unknown as OriginParts
  const stored = { key: KEY, complete: false, counters: { originBytesRead: 0 } }
  const wish = { name: 'patch', size: 100, origin: { reads: true, sources } }
  const assigned = { wish, stored, joined: () => undefined } as unknown as Assigned
  const clock = { now: 0 }
  return { one: new OriginReader(parts, () => clock.now), assigned, named, clock }
}

test('whoever asks for a second range names the first, also when that has just been given', async () => {
  const { one, assigned, named } = reader([await silentSource()])
  one.start(assigned)
  await expect.poll(() => one.ranges(KEY)).toEqual([0, LENGTH, LENGTH, 2 * LENGTH])
  await one.stop(KEY)
  expect(named).toEqual([[], [0, LENGTH]])
})

test('whoever has no way to the sources asks for no range, also when the size is known', async () => {
  const { one, assigned, named } = reader([])
  one.start(assigned)
  await expect.poll(() => one.failure(KEY)).toMatchObject({ reason: 'OriginUnreachable' })
  await one.stop(KEY)
  expect(named).toEqual([])
})

test('why it could not read is told until a minute after others have begun to', async () => {
  const { one, assigned, clock } = reader([])
  one.start(assigned)
  await expect.poll(() => one.failure(KEY)).toBeDefined()
  clock.now = 100_000
  expect(one.failure(KEY)).toBeDefined()
  await one.stop(KEY)
  clock.now += 59_000
  expect(one.failure(KEY)).toBeDefined()
  clock.now += 1000
  expect(one.failure(KEY)).toBeUndefined()
})
