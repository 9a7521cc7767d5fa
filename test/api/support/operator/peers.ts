// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Role } from '@patchswarm/api'
import type { KubeClient } from '@patchswarm/kube'
import { createIdentity, type Identity } from '@patchswarm/swarm/identity'
import type { RevokedNodes } from '@patchswarm/swarm/membership'
import {
  createTrackerClient,
  type DesiredState,
  type Peer,
  protocolVersion,
  type ReportInit,
} from '@patchswarm/swarm/tracker'
import { silent } from '../cluster.ts'
import type { OperatorProcess } from './operator-process.ts'
import { runPod, tokenOf } from './pods.ts'

/** The operator's side of an agent or seeder: real Pod, real token, real connection; the data plane is a script. */
export interface TestPeer extends AsyncDisposable {
  readonly peerId: string
  readonly desired: DesiredState | undefined
  /** Whom it was told of last, in any swarm: itself first. */
  readonly peers: readonly Peer[]
  /** Every desired state that came, in order. */
  readonly history: readonly DesiredState[]
  readonly connected: boolean
  /** Of its membership. */
  readonly site: string | undefined
  readonly lastError: string | undefined
  /** Nodes whose memberships are void, as it was told on this connection. */
  readonly revoked: RevokedNodes
  /** What it reports from now on follows from the desired state by this. */
  behave(report: (desired: DesiredState) => Omit<ReportInit, 'desiredRevision'>): void
  grant(
    swarmId: Uint8Array,
    offset: number,
    length: number,
    totalSize: number,
  ): Promise<{ length: number; reason: string }>
  /** So many bytes that it was granted it will not read. */
  giveBack(swarmId: Uint8Array, back: number): Promise<unknown>
  /** Asks for any range to read. */
  range(swarmId: Uint8Array, totalSize: number): Promise<{ offset: number; length: number; reason: string }>
}

export interface PeerOptions {
  client: KubeClient
  operator: OperatorProcess
  profile: string
  role: Role
  node?: string
  /** Where trackers are, in the order of trying; the operator's own when left out. */
  trackers?: string[]
  /** Another token than that of its Pod. */
  token?: string
  /** A key that another one has, too. */
  identity?: Identity
  /** Version of the tracker's protocol; that of the others when left out. */
  understands?: number
}

export async function startPeer({
  client,
  operator,
  profile,
  role,
  node,
  token,
  trackers,
  identity = createIdentity(),
  understands = protocolVersion,
}: PeerOptions): Promise<TestPeer> {
  const pod = token === undefined ? await runPod(client, profile, role, node) : undefined
  const tracker = createTrackerClient(
    { identity, log: silent },
    {
      trackerPeerIds: [operator.trackerPeerId],
      addresses: trackers ?? [operator.trackerAddress],
      backoff: { baseMs: 50, capMs: 500 },
      hello: async () => ({
        protocolVersion: understands,
        agentVersion: 'test',
        role,
        profile,
        token: token ?? (pod ? await tokenOf(client, pod) : ''),
        addresses: ['/ip4/10.0.0.1/tcp/4001', '/ip4/203.0.113.1/tcp/4001'],
      }),
    },
  )
  const history: DesiredState[] = []
  let behaviour: ((desired: DesiredState) => Omit<ReportInit, 'desiredRevision'>) | undefined
  const say = (): void => {
    const desired = history.at(-1)
    if (!desired || !behaviour) return
    tracker.report({ desiredRevision: desired.revision, ...behaviour(desired) })
    tracker.flush()
  }
  tracker.onDesired((desired) => {
    history.push(desired)
    say()
  })
  let told: readonly Peer[] = []
  tracker.onPeers(({ peers }) => {
    told = peers
  })
  let revoked: RevokedNodes = new Map()
  tracker.onRevoked((nodes) => {
    revoked = nodes
  })
  tracker.onStatus(({ connected }) => {
    if (!connected) revoked = new Map()
  })
  let site: string | undefined
  tracker.onWelcome((welcome) => {
    site = welcome.site
  })
  tracker.start()
  return {
    peerId: identity.peerId,
    history,
    get peers() {
      return told
    },
    get desired() {
      return history.at(-1)
    },
    get revoked() {
      return revoked
    },
    get site() {
      return site
    },
    get connected() {
      return tracker.status.connected
    },
    get lastError() {
      return tracker.status.lastError
    },
    behave(report) {
      behaviour = report
      say()
    },
    grant: (swarmId, offset, length, totalSize) =>
      tracker.requestGrant({ swarmId, offset, length, totalSize }),
    giveBack: (swarmId, back) => tracker.requestGrant({ swarmId, offset: 0, length: 0, totalSize: 0, back }),
    range: (swarmId, totalSize) =>
      tracker.requestGrant({ swarmId, offset: 0, length: totalSize, totalSize, any: true }),
    [Symbol.asyncDispose]: () => tracker.stop(),
  }
}

const size = 10 * 1024 * 1024
export const testArtifact = {
  digest: `sha256:${'ab'.repeat(32)}`,
  size,
  chunkSize: 262_144,
  chunks: 40,
  cid: 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
}

/** A seeder that has read everything. */
export const seedsAll = ({ artifacts, wipe }: DesiredState): Omit<ReportInit, 'desiredRevision'> => ({
  wiped: wipe,
  deliveries: [],
  artifacts: artifacts.map(({ swarmId, digest }) => ({
    swarmId,
    state: 'Complete',
    size,
    chunkSize: testArtifact.chunkSize,
    chunksTotal: testArtifact.chunks,
    chunksHeld: testArtifact.chunks,
    bytesHeld: size,
    bytesFromOrigin: size,
    originBytesRead: size,
    cid: testArtifact.cid,
    sha256: digest.replace('sha256:', ''),
  })),
})

/** A seeder that gets what agents read, and has nothing yet. */
export const collects = ({ artifacts, wipe }: DesiredState): Omit<ReportInit, 'desiredRevision'> => ({
  wiped: wipe,
  deliveries: [],
  artifacts: artifacts.map(({ swarmId }) => ({ swarmId, state: 'Waiting', collects: true })),
})

/** An agent at this percentage of every delivery; 100 has delivered. */
export const delivers =
  (percent: number) =>
  ({ deliveries, wipe }: DesiredState): Omit<ReportInit, 'desiredRevision'> => ({
    wiped: wipe,
    artifacts: [],
    deliveries: deliveries.map(({ id, directory, fileName }) => ({
      id,
      state: percent === 100 ? 'Delivered' : 'Fetching',
      path: `${directory}/${fileName}`,
      sha256: percent === 100 ? 'ab'.repeat(32) : '',
      bytesDone: (size * percent) / 100,
      bytesTotal: size,
      bytesFromPeers: (size * percent) / 100,
      startedAt: Date.now() - 1000,
      finishedAt: percent === 100 ? Date.now() : 0,
      rate: percent === 100 ? 0 : 1_048_576,
      peers: 3,
      usefulPeers: 3,
    })),
  })

/** An agent that cannot deliver. */
export const fails =
  (reason: string, message: string) =>
  ({ deliveries }: DesiredState): Omit<ReportInit, 'desiredRevision'> => ({
    artifacts: [],
    deliveries: deliveries.map(({ id }) => ({ id, state: 'Failed', reason, message, bytesTotal: size })),
  })
