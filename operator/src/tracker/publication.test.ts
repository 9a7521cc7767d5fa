// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { TrackerClientView } from '@patchswarm/swarm/tracker'
import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { profile } from '../testing/objects.ts'
import { type PublicationOptions, publish } from './publication.ts'

const client = (peerId: string, role: 'agent' | 'seeder'): TrackerClientView => ({
  peerId,
  identity: { node: `n-${peerId}`, profile: 'default', role, site: '', podUid: peerId },
  addresses: [],
  protocolVersion: 1,
  agentVersion: '1',
  report: undefined,
  connectedAt: 1,
  lastReportAt: 0,
})
const clients = [client('s', 'seeder'), client('a', 'agent'), client('b', 'agent')]

let tooLarge = ''
let [sent, logged]: [string[], string[]] = [[], []]
const list = () => []
const options = {
  tracker: {
    client: (peerId: string) => clients.find((one) => one.peerId === peerId),
    publishDesired(peerId: string) {
      if (peerId === tooLarge) throw new Error('does not fit')
      return sent.push(peerId)
    },
  },
  roster: {
    clients: (_: string, role: string) => clients.filter(({ identity }) => identity.role === role),
    holds: () => new Set(),
  },
  caches: {
    profiles: { list: () => [profile()] },
    nodes: { get: () => undefined },
    artifacts: { list },
    nodeDistributions: { list },
    jobs: { list },
  },
  readers: { retain() {} },
  clusterNetworks: { list },
  secrets: { lookup: () => undefined },
  operatorNamespace: 'patchswarm-system',
  now: () => 0,
  log: pino({ base: null, timestamp: false }, { write: (line) => void logged.push(JSON.parse(line).peerId) }),
} as unknown as PublicationOptions
const told = { revisions: new Map<string, number>(), troubles: new Map<string, string>() }
const round = async () => {
  ;[sent, logged] = [[], []]
  await publish(options, told, async () => {})
  return { sent, logged }
}

beforeEach(async () => {
  tooLarge = ''
  await round()
})

test('a client whose state cannot be sent keeps no other from being told, and is logged once', async () => {
  tooLarge = 's'
  expect(await round()).toEqual({ sent: ['a', 'b'], logged: ['s'] })
  expect(await round()).toEqual({ sent: ['a', 'b'], logged: [] })
})

test('it is told when that can be sent again, and the next time that is in the log, too', async () => {
  tooLarge = 's'
  await round()
  tooLarge = ''
  expect(await round()).toEqual({ sent: ['s', 'a', 'b'], logged: [] })
  tooLarge = 's'
  expect((await round()).logged).toEqual(['s'])
})
