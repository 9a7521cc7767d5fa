// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Role } from '@patchswarm/api'
import { createIdentity } from '@patchswarm/swarm/identity'
import {
  type Artifact,
  createTrackerClient,
  type Delivery,
  type DesiredState,
  type ReportInit,
  type TrackerClient,
} from '@patchswarm/swarm/tracker'
import { pino } from 'pino'

/** One line of what the simulating program is told. */
export interface Simulated {
  readonly role: Role
  readonly profile: string
  readonly token: string
  /** Of its node: a tracker takes only so many connections from one. */
  readonly address: string
  /** host:port of the tracker, and who it has to be. */
  readonly tracker: string
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

/** The operator's side of an agent or seeder: it has whatever it is to have the moment it hears of it. */
export function simulate(init: Simulated): TrackerClient {
  const { role, profile, token, address, tracker, trackerPeerId } = init
  const hello = { agentVersion: 'bench', role, profile, token, addresses: [`/ip4/${address}/tcp/4001`] }
  const client = createTrackerClient(
    { identity: createIdentity(), log },
    { trackerPeerId, addresses: [tracker], localAddress: address, hello: () => hello },
  )
  const held = new Set<string>()
  client.onDesired((desired) => {
    client.report(role === 'seeder' ? seeding(desired) : delivering(desired, held))
    // What has ended is said at once, and all else with the next report.
    if (role === 'seeder' || desired.deliveries.length > 0) client.flush()
  })
  return client
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

function delivering({ revision, artifacts, deliveries, wipe }: DesiredState, held: Set<string>): ReportInit {
  for (const { swarmId, wanted } of artifacts) if (wanted) held.add(keyOf(swarmId))
  const copies = artifacts.filter(({ swarmId }) => held.has(keyOf(swarmId)))
  return {
    desiredRevision: revision,
    wiped: wipe,
    artifacts: copies.map(copyOf),
    deliveries: deliveries.map(deliveredOf),
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

const keyOf = (swarmId: Uint8Array): string => Buffer.from(swarmId).toString('hex')
