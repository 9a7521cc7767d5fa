// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { fieldManager, operatorLease } from '@patchswarm/api'
import {
  createClient,
  createEventRecorder,
  createHttpServer,
  createLeaderElection,
  loadKubeConfig,
} from '@patchswarm/kube'
import { formatHostPort } from '@patchswarm/swarm/config'
import { type Logger, pino } from 'pino'
import { cachesSynced, createCaches, haveSynced, startCaches } from './caches.ts'
import { type Config, configFrom } from './config.ts'
import { keepHeapSmall } from './heap-growth.ts'
import { lead } from './lead.ts'
import { createMetrics, type OperatorMetrics } from './metrics.ts'
import { loadOrCreateOperatorKeys } from './operator-key.ts'
import { GoneNodes } from './revocation/gone-nodes.ts'
import { Revocations } from './revocation/revocations.ts'
import { createOperatorTracker, type OperatorTrackerOptions } from './tracker/create.ts'
import { createRoster } from './tracker/roster.ts'

/** The program from its configuration to its end; everything started here stops with the signal. */
async function run(config: Config, signal: AbortSignal): Promise<void> {
  const { namespace, podName, clusterCidrs } = config
  const log = pino({ level: config.logLevel, base: { component: 'operator' } })
  const metrics = createMetrics()
  const { client, caches, goneNodes, identity, trusted } = await readCluster(config, log, metrics, signal)
  const term = { epoch: 0, serving: false }
  const { tracker, readers, revocations } = hearAgents(config, { client, caches, identity, term, log })
  const roster = createRoster(tracker)
  metrics.showTracker(tracker, () => term.serving)
  const ready = { caches: () => (haveSynced(caches) ? undefined : 'not read yet') }
  const { host: address, port } = config.http
  const http = createHttpServer({ address, port, ready, registry: metrics.registry, log })

  // Who decides.
  const events = createEventRecorder({ client, component: fieldManager, instance: podName, log })
  const settings = { ...settingsOf(config), trackerPeerId: trusted.join(',') }
  const parts = { client, caches, tracker, readers, roster, events, settings, now: Date.now }
  const work = { revocations, goneNodes, clusterCidrs, log, metrics: metrics.controllers }
  const election = createLeaderElection({ client, namespace, name: operatorLease, identity: podName, log })
  try {
    await Promise.all([tracker.start(signal), http.start()])
    log.info({ peerId: identity.peerId, namespace, trackerPort: tracker.port }, 'operator started')
    await election.run(signal, async (leading, epoch) => {
      // Agents give up what a desired state does not list: nobody is told before everything has been read.
      await cachesSynced(caches, leading)
      Object.assign(term, { epoch, serving: true })
      leading.addEventListener('abort', () => Object.assign(term, { serving: false }))
      await lead({ ...work, parts: { ...parts, term: leading } })
    })
  } finally {
    await Promise.allSettled([tracker.stop(), http.stop(), events.flush()])
  }
}

/** What the cluster says. */
async function readCluster(
  { kubeconfig, namespace }: Config,
  log: Logger,
  metrics: OperatorMetrics,
  signal: AbortSignal,
) {
  const client = createClient({ kubeConfig: loadKubeConfig(kubeconfig), fieldManager })
  const caches = createCaches({ client, namespace, log, metrics: metrics.informers })
  const goneNodes = new GoneNodes(caches.nodes, Date.now)
  startCaches(caches, signal)
  return { client, caches, goneNodes, ...(await loadOrCreateOperatorKeys(client, namespace, signal)) }
}

/** What the agents say. A standby listens too, to send them on. */
function hearAgents(
  { namespace, trackerListen: listen }: Config,
  given: Pick<OperatorTrackerOptions, 'client' | 'caches' | 'identity' | 'term' | 'log'>,
) {
  const { client, caches } = given
  const revocations = new Revocations({ client, cache: caches.revokedNodes, namespace, now: Date.now })
  return { revocations, ...createOperatorTracker({ ...given, namespace, revocations, listen }) }
}

const settingsOf = ({ trackerAddress, ...config }: Config) => ({
  ...config,
  trackerAddress: trackerAddress.map(formatHostPort).join(','),
})

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => stop.abort(new Error(`received ${name}`)))
}
keepHeapSmall()
try {
  await run(configFrom(process.env), stop.signal)
} catch (error) {
  if (!stop.signal.aborted) {
    // Configuration errors speak for themselves; anything else shows its causes where kubectl logs looks.
    console.error(error instanceof Error && error.name === 'ConfigError' ? error.message : error)
    process.exitCode = 1
  }
} finally {
  stop.abort()
}
