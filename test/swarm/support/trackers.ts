// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import {
  createCertificate,
  createIdentity,
  type Identity,
  identityFromSeed,
} from '@patchswarm/swarm/identity'
import {
  createTrackerClient,
  createTrackerServer,
  protocolVersion,
  type ReportInit,
  type TrackerClient,
  type TrackerClientInit,
  type TrackerDecisions,
  type TrackerServer,
  type TrackerServerInit,
} from '@patchswarm/swarm/tracker'
import { pino } from 'pino'
import { vi } from 'vitest'

const log = pino({ level: 'silent' })
export const operator = identityFromSeed(new Uint8Array(32).fill(7))
export const swarmId = new Uint8Array(32).fill(1)
export const emptyReport: ReportInit = { desiredRevision: 0, artifacts: [], deliveries: [] }

/** What a test has started: it stops it with `afterEach(stopAll)`. */
export const running: { stop(): Promise<void> | void }[] = []

export const stopAll = () => Promise.all(running.splice(0).map((part) => part.stop()))

export const accepting: TrackerDecisions = {
  async authenticate(hello) {
    return {
      node: `node-of-${hello.token}`,
      profile: hello.profile,
      role: hello.role === 'seeder' ? 'seeder' : 'agent',
      site: 'here',
      podUid: hello.token,
      membership: Buffer.from('membership'),
    }
  },
  async grant(_client, request) {
    return request.offset >= 100
      ? { length: 0, reason: 'OriginBudgetExhausted', message: 'all is granted' }
      : { length: request.length }
  },
}

export async function startServer(
  init: Partial<TrackerServerInit> = {},
  parts: { identity?: Identity; decisions?: Partial<TrackerDecisions>; now?: () => number } = {},
): Promise<TrackerServer> {
  const server = createTrackerServer(
    { ...parts, identity: parts.identity ?? operator, decisions: { ...accepting, ...parts.decisions }, log },
    { host: '127.0.0.1', port: 0, epoch: 1, reportIntervalMs: () => 200, ...init },
  )
  await server.start()
  running.push(server)
  return server
}

export function startClient(
  port: number,
  init: Partial<TrackerClientInit> = {},
  identity = createIdentity(),
): TrackerClient {
  const client = createTrackerClient(
    { identity, log },
    {
      trackerPeerIds: [operator.peerId],
      addresses: [`127.0.0.1:${port}`],
      hello: () => ({
        protocolVersion,
        agentVersion: 'test',
        role: 'agent',
        profile: 'p',
        token: 't',
        addresses: ['/ip4/10.0.0.1/tcp/4001'],
      }),
      backoff: { baseMs: 20, capMs: 100 },
      ...init,
    },
  )
  running.push(client)
  client.start()
  return client
}

export const until = (assertion: () => void | Promise<void>) =>
  vi.waitFor(assertion, { timeout: 10_000, interval: 10 })

/** A client of its own making, for what an honest one never does. */
export async function rawClient(port: number): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    ...createCertificate(createIdentity()),
    rejectUnauthorized: false,
  })
  socket.on('error', () => {})
  running.push({ stop: () => void socket.destroy() })
  await once(socket, 'secureConnect')
  return socket
}
