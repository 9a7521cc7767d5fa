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

/** The operator's side of an agent or seeder: it has whatever it is to have the moment it hears of it. */
export function simulate(
  init: Simulated,
  { deliveryMs = 0, backoff }: SimulationOptions = {},
): TrackerClient {
  const { role, profile, token, address, trackers, trackerPeerId } = init
  const hello = { agentVersion: 'simulated', role, profile, token, addresses: [`/ip4/${address}/tcp/4001`] }
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
  const doneAt = new Map<string, number>()
  let latest: DesiredState | undefined
  const say = (): void => {
    if (!latest) return
    client.report(role === 'seeder' ? seeding(latest) : delivering(latest, { held, doneAt }))
    // What has ended is said at once, and all else with the next report.
    if (role === 'seeder' || latest.deliveries.length > 0) client.flush()
  }
  client.onDesired((desired) => {
    latest = desired
    const begun = desired.deliveries.filter(({ id }) => !doneAt.has(id))
    for (const { id } of begun) doneAt.set(id, Date.now() + deliveryMs)
    say()
    if (begun.length > 0 && deliveryMs > 0) setTimeout(say, deliveryMs)
  })
  return client
}

/** What an agent remembers: keys of the swarms that it has, and when it is done with each delivery. */
interface Memory {
  readonly held: Set<string>
  readonly doneAt: ReadonlyMap<string, number>
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
  { held, doneAt }: Memory,
): ReportInit {
  for (const { swarmId, wanted } of artifacts) if (wanted) held.add(swarmKey(swarmId))
  const copies = artifacts.filter(({ swarmId }) => held.has(swarmKey(swarmId)))
  return {
    desiredRevision: revision,
    wiped: wipe,
    artifacts: copies.map(copyOf),
    deliveries: deliveries.map((one) =>
      (doneAt.get(one.id) ?? 0) <= Date.now() ? deliveredOf(one) : startedOf(one),
    ),
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

const startedOf = ({ id }: Delivery) => ({
  id,
  state: 'Fetching',
  bytesTotal: file.size,
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
