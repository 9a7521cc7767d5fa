#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createBlockstore } from '@patchswarm/swarm/blockstore'
import { ConfigError } from '@patchswarm/swarm/config'
import { checkRoots, openJournal, type RootCheck, sharesExtents } from '@patchswarm/swarm/delivery'
import { staticPeers } from '@patchswarm/swarm/discovery'
import { createExchange } from '@patchswarm/swarm/exchange'
import { loadOrCreateIdentity } from '@patchswarm/swarm/identity'
import { NodeLimits } from '@patchswarm/swarm/limits'
import { createSwarmNode } from '@patchswarm/swarm/node'
import { openStore } from '@patchswarm/swarm/store'
import { pino } from 'pino'
import { startAdminServer } from './admin/admin-server.ts'
import { createMetrics } from './admin/metrics.ts'
import { CacheKeeper } from './cache/cache-keeper.ts'
import { type Config, parseConfig } from './config.ts'
import { Baselines } from './delivery/baselines.ts'
import { Guards } from './delivery/guards.ts'
import { Landings } from './delivery/landings.ts'
import { Ingestion } from './origin/ingestion.ts'
import { OriginFallback } from './origin/origin-fallback.ts'
import { originAccess } from './origin/origin-parts.ts'
import { OriginReader } from './origin/origin-reader.ts'
import { buildReport, describeArtifact } from './tracker/report.ts'
import { Reporter } from './tracker/reporter.ts'
import { TrackerLink } from './tracker/tracker-link.ts'
import { Workers } from './workers.ts'

const config = configOrExit()
const log = pino({ level: config.logLevel, base: { role: config.role } })

// What is on disk: who this node is, what it holds, what it has delivered.
await mkdir(config.cacheDirectory, { recursive: true })
const keyFile = join(config.cacheDirectory, 'identity.key')
const identity = await loadOrCreateIdentity(keyFile)
const store = await openStore(config.cacheDirectory, { log })
const journal = await openJournal(join(config.cacheDirectory, 'deliveries.json'), log)
const baselines = await Baselines.open(join(config.cacheDirectory, 'baselines.json'))

// The data plane: libp2p for connections, the exchange for chunks, the limits on both and on the origin.
const limits = new NodeLimits(log)
const node = await createSwarmNode({
  identity,
  listen: { address: config.listenAddress, port: config.port },
  allowedCIDRs: config.allowedCidrs,
  blockstore: createBlockstore(store, limits.upload),
  ...(config.mdns && { mdns: { profile: config.profile } }),
  log,
})
const link = await TrackerLink.open({ config, identity, addresses: () => node.addresses(), log })
const exchange = createExchange({
  node,
  store,
  membership: () => link.membership,
  sign: (bytes) => identity.sign(bytes),
  operatorPeerIds: config.trackerPeerIds,
  profile: config.profile,
  limits,
  log,
})

let access = originAccess(undefined)
const origins = {
  tracker: link.client,
  log,
  pace: limits.origin,
  access: () => access,
  importDirectory: config.importDirectory,
}
const ingestion = config.role === 'seeder' ? new Ingestion(origins) : undefined
const landings = new Landings({
  device: (await stat(config.cacheDirectory)).dev,
  sharesExtents: await sharesExtents(config.cacheDirectory),
})
const allowedRoots = new Map(config.roots.map(({ path, mount }) => [path, mount]))

// The work: one worker an artifact and a delivery, brought in line with what the tracker desires.
const workers = new Workers({
  role: config.role,
  store,
  exchange,
  ...(ingestion
    ? { ingestion, origins }
    : { fallback: new OriginFallback(origins), reader: new OriginReader(origins) }),
  roots: allowedRoots,
  journal,
  baselines,
  landings,
  log,
  askRoom: () => void keeper.sweep(),
  onEnd() {
    void keeper.sweep()
    reporter.flush()
  },
})

const keeper = new CacheKeeper({
  store,
  tenants: () => [...workers.artifacts.values()].map(({ tenant }) => tenant),
  besideCache: () => landings.besideCache(),
  live: () => link.live,
  onChange: () => reporter.flush(),
  log,
})

const guards = new Guards({ roots: allowedRoots, journal, log, onChange: () => reporter.flush() })

let roots: readonly RootCheck[] = []
const reporter = new Reporter(link.client, log, async () => {
  roots = await checkRoots(allowedRoots)
  return buildReport({
    desiredRevision: workers.revision,
    artifacts: workers.artifacts.values(),
    deliveries: workers.deliveries.values(),
    keeper,
    roots,
    wiped: workers.wiped,
    changed: guards.changed,
    peers: exchange.peerCount,
  })
})

const admin = await startAdminServer({
  address: config.adminAddress,
  port: config.adminPort,
  registry: createMetrics({
    info: { version: config.version, role: config.role, profile: config.profile },
    workers,
    exchange,
    store,
    limits,
    keeper,
    trackerConnected: () => link.client.status.connected,
  }),
  notReady: () => '',
  state: () => ({
    version: config.version,
    peerId: identity.peerId,
    addresses: node.addresses(),
    tracker: link.client.status,
    peers: exchange.peerCount,
    limits: limits.view(),
    roots,
    artifacts: [...workers.artifacts.values()].map(describeArtifact),
    deliveries: [...workers.deliveries.values()].map((worker) => worker.view()),
  }),
})

limits.start()
await exchange.start()
for (const peer of staticPeers(config.staticPeers)) exchange.found({ ...peer, isStatic: true })
node.onFound((peer) => exchange.found(peer))
link.start({
  onDesired(desired, live) {
    node.setAdmit(desired.admit)
    limits.set(desired.bandwidth)
    access = originAccess(desired.originAccess, access)
    if (desired.maxPeers > 0) exchange.setMaxPeers(desired.maxPeers)
    keeper.setLimits(desired.cache)
    guards.set(desired.guards)
    void workers
      .desire(desired, live)
      .then(() => keeper.sweep())
      .then(() => reporter.flush())
  },
  onPeers: (peers) => workers.setPeers(peers),
  onRevoked: (revoked) => exchange.setRevoked(revoked),
  onIdentityInUse() {
    isCopy = true
    void stop('another node has this key; the next start makes one')
  },
})
await keeper.sweep()
reporter.start()
log.info({ peerId: identity.peerId, addresses: node.addresses(), version: config.version }, 'started')

/** The disk was copied from another node, with its key and what the tracker has told that one. */
let isCopy = false
let stopping = false
async function stop(reason: string): Promise<void> {
  if (stopping) return
  stopping = true
  log.info({ reason }, 'stopping')
  await admin.stop()
  reporter.stop()
  await ingestion?.end()
  await link.stop()
  limits.stop()
  await keeper.stop()
  await guards.stop()
  await workers.stop()
  await exchange.stop()
  await node.stop()
  await store.close()
  if (isCopy) await Promise.all([keyFile, link.file].map((file) => rm(file, { force: true })))
  // The profile is gone from this node: nothing of it stays, not even who this node was.
  if (workers.wiped) await removeContents(config.cacheDirectory)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal))

async function removeContents(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    await rm(join(directory, name), { recursive: true, force: true })
}

/** What is wrong with the environment is for people: without a stack trace. */
function configOrExit(): Config {
  try {
    return parseConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    console.error(error.message)
    return process.exit(1)
  }
}
