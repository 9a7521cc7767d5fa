// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DesiredInit, TrackerClientView } from '@patchswarm/swarm/tracker'
import type { TestFile, Wish } from './wish.ts'

/** What the fleet's tracker knows when it tells its clients what to do. */
export interface Known {
  readonly wish: Wish | undefined
  /** Empty while no seeder has said it. */
  readonly cidOf: (file: TestFile) => string
  /** Peer IDs of the agents that read the origin now. */
  readonly readers: readonly string[]
  /** Something may have been read. */
  readonly isBegun: boolean
  /** The sources send another file. */
  readonly isWrong: boolean
}

const maxPeers = 32
/** The test's origins are on this machine. */
const originAccess = { allowedDomains: ['127.0.0.1'] }

/** All that one client is to hold and do. */
export function wishedOf(client: TrackerClientView, known: Known): DesiredInit {
  const { wish } = known
  if (wish === undefined) return { maxPeers }
  if (wish.wipe) return { maxPeers, wipe: true }
  return client.identity.role === 'seeder' ? ofSeeder(client, wish, known) : ofAgent(client, wish, known)
}

function ofSeeder(client: TrackerClientView, wish: Wish, known: Known): DesiredInit {
  const { file, also = [], source, agentsRead = false, spec = '' } = wish
  const artifacts = [file, ...also].map((one) => ({
    ...artifactOf(client, one, wish, known),
    wanted: true,
    suspended: false,
    origin: { sources: [source ?? { url: one.origin.url }], begun: known.isBegun, spec },
    collects: agentsRead,
    readers: [...known.readers].sort(),
  }))
  return { maxPeers, originAccess, artifacts }
}

function ofAgent(client: TrackerClientView, wish: Wish, known: Known): DesiredInit {
  const { file, cache, also = [], download, guarded } = wish
  const wanted = wish.deliverTo.includes(client.identity.node)
  const delivery = deliveryOf(wish)
  return {
    maxPeers,
    originAccess,
    ...(cache && { cache }),
    ...(download && { bandwidth: { rates: { download } } }),
    artifacts: [
      { ...artifactOf(client, file, wish, known), wanted, ...originOf(client, wish, known) },
      ...also.map((one) => ({ ...artifactOf(client, one, wish, known), wanted: false })),
    ],
    deliveries: wanted ? [delivery] : [],
    guards: guarded ? [{ ...delivery, digest: `sha256:${file.sha256}` }] : [],
  }
}

function artifactOf({ identity }: TrackerClientView, one: TestFile, wish: Wish, known: Known) {
  const { file, digest, suspended = false, spareOn = [] } = wish
  return {
    swarmId: one.swarmId,
    name: `test/${one.name}`,
    digest: (one === file ? digest : undefined) ?? `sha256:${one.sha256}`,
    size: one.size,
    cid: known.cidOf(one),
    suspended,
    spare: spareOn.includes(identity.node),
    ...(known.isWrong && { failure: 'DigestMismatch', failureMessage: 'the sources send another file' }),
  }
}

/** For those that read the origin, or may when nothing moves. */
function originOf({ identity, peerId }: TrackerClientView, wish: Wish, known: Known) {
  const { afterStallMs = 0, misled, file, spec = '' } = wish
  const reads = known.readers.includes(peerId)
  const { url } = misled?.[identity.node] ?? file.origin
  return (afterStallMs > 0 || reads) && { origin: { sources: [{ url }], afterStallMs, reads, spec } }
}

const deliveryOf = (wish: Wish) => ({
  id: `job-uid/${wish.file.name}`,
  job: 'test/job',
  swarmId: wish.file.swarmId,
  directory: wish.directory ?? '/srv/files/patches',
  fileName: wish.fileName ?? 'file.bin',
  series: wish.series ?? '',
  keepVersions: wish.keepVersions ?? 0,
  mode: 0o640,
  suspended: wish.suspended ?? false,
  method: wish.method ?? 'Auto',
})
