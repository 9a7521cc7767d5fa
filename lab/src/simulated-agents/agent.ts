// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Role } from '@patchswarm/api'
import { createIdentity } from '@patchswarm/swarm/identity'
import { swarmKey } from '@patchswarm/swarm/manifest'
import {
  type Artifact,
  createTrackerClient,
  type Delivery,
  type DesiredState,
  protocolVersion,
  type ReportInit,
  type TrackerClient,
  type TrackerClientInit,
} from '@patchswarm/swarm/tracker'
import { pino } from 'pino'

/** What an agent or seeder of the simulation is, and where its tracker. */
export interface Simulated {
  readonly role: Role
  readonly profile: string
  readonly token: string
  /** Of its node: a tracker takes only so many connections from one. */
  readonly address: string
  /** host:port of every operator, and who each has to be. */
  readonly trackers: readonly string[]
  readonly trackerPeerId: string
}

/** What every artifact is that simulated seeders say they have read. */
const file = {
  size: 10 * 2 ** 20,
  chunkSize: 2 ** 18,
  chunks: 40,
  cid: 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
}

const log = pino({ level: 'silent' })

interface SimulationOptions {
  /** How long an agent is at work on a delivery. */
  readonly deliveryMs?: number
  /** Between two tries to connect. */
  readonly backoff?: TrackerClientInit['backoff']
}

/** How often an agent at work puts into its next report how far it is. */
const PROGRESS_MS = 1000

/** The operator's side of an agent or seeder: it has whatever it is to have after `deliveryMs`, or the moment it hears of it. */
export function simulate(
  init: Simulated,
  { deliveryMs = 0, backoff }: SimulationOptions = {},
): TrackerClient {
  const { role, profile, token, address, trackers, trackerPeerId } = init
  const hello = {
    protocolVersion,
    agentVersion: 'simulated',
    role,
    profile,
    token,
    addresses: [`/ip4/${address}/tcp/4001`],
  }
  const client = createTrackerClient(
    { identity: createIdentity(), log },
    {
      trackerPeerIds: [trackerPeerId],
      addresses: trackers,
      localAddress: address,
      hello: () => hello,
      ...(backoff && { backoff }),
    },
  )
  const held = new Set<string>()
  const begunAt = new Map<string, number>()
  const done = new Set<string>()
  let latest: DesiredState | undefined
  const noteProgress = (): void => {
    if (latest)
      client.report(
        role === 'seeder' ? seeding(latest) : delivering(latest, { held, begunAt, done, deliveryMs }),
      )
  }
  const say = (): void => {
    noteProgress()
    // What has ended is said at once, and all else with the next report.
    if (role === 'seeder' || latest?.deliveries.length) client.flush()
  }
  client.onDesired((desired) => {
    latest = desired
    const begun = desired.deliveries.filter(({ id }) => !begunAt.has(id))
    for (const { id } of begun) begunAt.set(id, Date.now())
    const end = (): void => {
      for (const { id } of begun) done.add(id)
      say()
    }
    if (begun.length === 0 || deliveryMs === 0) {
      end()
      return
    }
    say()
    const progress = setInterval(noteProgress, PROGRESS_MS)
    setTimeout(() => {
      clearInterval(progress)
      end()
    }, deliveryMs)
  })
  return client
}

/** What an agent remembers: keys of the swarms that it has, when it began each delivery, and which are done. */
interface Memory {
  readonly held: Set<string>
  readonly begunAt: ReadonlyMap<string, number>
  readonly done: ReadonlySet<string>
  readonly deliveryMs: number
}

const seeding = ({ revision, artifacts, wipe }: DesiredState): ReportInit => ({
  desiredRevision: revision,
  wiped: wipe,
  deliveries: [],
  artifacts: artifacts.map(({ swarmId, digest }) => ({
    ...wholeOf(swarmId),
    bytesFromOrigin: file.size,
    originBytesRead: file.size,
    sha256: digest.replace('sha256:', ''),
  })),
})

function delivering(
  { revision, artifacts, deliveries, wipe }: DesiredState,
  { held, begunAt, done, deliveryMs }: Memory,
): ReportInit {
  for (const { swarmId, wanted } of artifacts) if (wanted) held.add(swarmKey(swarmId))
  const copies = artifacts.filter(({ swarmId }) => held.has(swarmKey(swarmId)))
  return {
    desiredRevision: revision,
    wiped: wipe,
    artifacts: copies.map(copyOf),
    deliveries: deliveries.map((one) => {
      if (done.has(one.id)) return deliveredOf(one)
      const spentMs = Date.now() - (begunAt.get(one.id) ?? 0)
      return startedOf(one, Math.min(1, spentMs / deliveryMs))
    }),
  }
}

const copyOf = ({ swarmId, spare }: Artifact) => ({
  ...wholeOf(swarmId),
  bytesFromPeers: file.size,
  kept: !spare,
})

const wholeOf = (swarmId: Uint8Array) => ({
  swarmId,
  state: 'Complete',
  size: file.size,
  chunkSize: file.chunkSize,
  chunksTotal: file.chunks,
  chunksHeld: file.chunks,
  bytesHeld: file.size,
  cid: file.cid,
})

const startedOf = ({ id }: Delivery, part: number) => ({
  id,
  state: 'Fetching',
  bytesDone: Math.floor(part * file.size),
  bytesTotal: file.size,
  bytesFromPeers: Math.floor(part * file.size),
  startedAt: Date.now(),
  peers: 3,
  usefulPeers: 3,
})

const deliveredOf = ({ id, directory, fileName }: Delivery) => ({
  id,
  state: 'Delivered',
  path: `${directory}/${fileName}`,
  sha256: 'ab'.repeat(32),
  bytesDone: file.size,
  bytesTotal: file.size,
  bytesFromPeers: file.size,
  startedAt: Date.now(),
  finishedAt: Date.now(),
  peers: 3,
  usefulPeers: 3,
})
