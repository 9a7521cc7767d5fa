// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIdentity } from '@patchswarm/swarm/identity'
import { swarmId } from '@patchswarm/swarm/manifest'
import { signMembership } from '@patchswarm/swarm/membership'
import {
  type ArtifactReport,
  createTrackerServer,
  type DeliveryReport,
  type GrantDecision,
  type GrantRequest,
  peerLists,
  RefusedError,
  type TrackerClientView,
  type TrackerDecisions,
  type TrackerServer,
} from '@patchswarm/swarm/tracker'
import { pino } from 'pino'
import { type Origin, startOrigin } from '../../../lab/src/origin/index.ts'
import { artifact as patchArtifact } from '../../../operator/src/testing/objects.ts'
import { decideGrant } from '../../../operator/src/tracker/budget.ts'
import { createClaims } from '../../../operator/src/tracker/claims.ts'
import { assignRange } from '../../../operator/src/tracker/readers/assign.ts'
import { createReaders } from '../../../operator/src/tracker/readers/readers.ts'
import { Program } from './program.ts'

/** A file of random bytes, as the tracker names it. */
export interface TestFile {
  /** `file`, then `file-2` and so on. */
  readonly name: string
  readonly swarmId: Uint8Array
  readonly size: number
  readonly sha256: string
  readonly origin: Origin
}

/** What the test wishes now; the fleet's tracker tells everybody, again and again. */
export interface Wish {
  file: TestFile
  /** Names of the agents that are to deliver it. */
  deliverTo: string[]
  suspended?: boolean
  /** Auto when left out. */
  method?: 'Copy' | 'CacheOnly'
  /** file.bin when left out. */
  fileName?: string
  series?: string
  /** The file is to stay as it was delivered. */
  guarded?: boolean
  keepVersions?: number
  wipe?: boolean
  /** Digest told to everybody, when not the true one. */
  digest?: string
  directory?: string
  /** Agents may read the origin when nothing has moved for so long. */
  afterStallMs?: number
  /** Agents read it, as the operator elects them; the seeder does not. */
  agentsRead?: boolean
  /** Of what may be granted, as in a PatchArtifact; 1.2 when left out. */
  budgetFactor?: number
  /** By name of the agent: where it finds another file under the same name and version. */
  misled?: Record<string, Origin>
  /** Listed too, and wanted by nobody. */
  also?: TestFile[]
  /** Limits of the agents' caches. */
  cache?: { minSize?: number; maxSize?: number; minFree?: number; retentionMs?: number }
  /** Bytes a second at which agents may fetch. */
  download?: number
  /** Where the seeder reads the file, when not plainly from its origin. */
  source?: { url: string; headers?: Record<string, string>; caBundle?: string; proxy?: string }
  /** Names of the agents that may evict their copies. */
  spareOn?: string[]
}

/**
 * A real tracker with the simplest decisions (every token is the name of its program, every byte is granted), real
 * programs and a real origin on loopback addresses.
 */
export class Fleet {
  readonly folder: string
  readonly programs = new Map<string, Program>()
  wish: Wish | undefined
  tracker: TrackerServer
  /** Sum of all grants. */
  granted = 0
  /** By name of the reader: the ranges that agents were given. */
  readonly ranges: { name: string; start: number; end: number }[] = []
  /** Names of programs whose key another one is connected with. */
  readonly copies = new Set<string>()
  /** No more than this is granted. */
  budget = Infinity
  readonly #operator = createIdentity()
  readonly #claims = createClaims((peerId) => this.tracker.client(peerId) !== undefined, Date.now)
  readonly #readers = createReaders((peerId) => this.tracker.client(peerId) !== undefined, Date.now)
  readonly #net: string
  #trackerPort = 0
  #epoch = 1
  #publishing: NodeJS.Timeout | undefined
  readonly #origins: Origin[] = []
  /** By key: once a seeder has said it, it is known, as in the status of a PatchArtifact. */
  readonly #cids = new Map<string, string>()

  private constructor(folder: string, net: string) {
    this.folder = folder
    this.#net = net
    this.tracker = this.#createTracker()
  }

  static async start(): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'patchswarm-fleet-'))
    // Test files run at the same time: each has a net of its own.
    const net = `127.${60 + ((randomBytes(1)[0] ?? 0) % 180)}.${randomBytes(1)[0]}`
    const fleet = new Fleet(folder, net)
    await fleet.startTracker()
    return fleet
  }

  /** A program that failed says why only in its log. */
  async printLogs(): Promise<void> {
    for (const { name, logFile } of this.programs.values()) {
      const log = await readFile(logFile, 'utf8').catch(() => '')
      console.error(`--- ${name}\n${log.split('\n').slice(-40).join('\n')}`)
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.programs.values()].map((program) => program.kill('SIGKILL')))
    await this.stopTracker()
    await Promise.all(this.#origins.map((origin) => origin.stop()))
    await rm(this.folder, { recursive: true, force: true })
  }

  async startTracker(): Promise<void> {
    this.tracker = this.#createTracker()
    await this.tracker.start()
    this.#trackerPort = this.tracker.port
    this.#publishing = setInterval(() => this.publish(), 50)
  }

  async stopTracker(): Promise<void> {
    clearInterval(this.#publishing)
    await this.tracker.stop()
    this.#epoch += 1
  }

  async add(
    name: string,
    role: 'agent' | 'seeder' = 'agent',
    env?: Record<string, string>,
    /** Of a file system of its own for the cache. */
    mountOptions?: string,
  ): Promise<Program> {
    const program = new Program({
      name,
      role,
      address: `${this.#net}.${this.programs.size + 1}`,
      folder: this.folder,
      trackerPort: this.#trackerPort,
      trackerPeerId: this.#operator.peerId,
      ...(env === undefined ? {} : { env }),
      ...(mountOptions === undefined ? {} : { mountOptions }),
    })
    this.programs.set(name, program)
    await program.start()
    return program
  }

  async file(size: number, bytesPerSecond?: number): Promise<TestFile> {
    const bytes = randomBytes(size)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const origin = await this.#serve(bytes, sha256, bytesPerSecond)
    const name = this.#origins.length === 1 ? 'file' : `file-${this.#origins.length}`
    return { name, swarmId: swarmId(`sha256:${sha256}`, undefined), size, sha256, origin }
  }

  /** Where another file is sent for this one, under its name, size and version. */
  forged({ size, sha256 }: TestFile): Promise<Origin> {
    return this.#serve(randomBytes(size), sha256)
  }

  /** By the token, which is its name. */
  client(name: string): TrackerClientView | undefined {
    return this.tracker.clients().find((client) => client.identity.node === name)
  }

  artifact(name: string, file = this.wish?.file): ArtifactReport | undefined {
    const key = Buffer.from(file?.swarmId ?? []).toString('hex')
    return this.client(name)?.report?.artifacts.find(
      (report) => Buffer.from(report.swarmId).toString('hex') === key,
    )
  }

  delivery(name: string): DeliveryReport | undefined {
    return this.client(name)?.report?.deliveries[0]
  }

  /** SHA-256 of what lies under the name on a node; undefined when nothing does. */
  async delivered(name: string): Promise<string | undefined> {
    const path = join(this.programs.get(name)?.root ?? '', 'patches', 'file.bin')
    const bytes = await readFile(path).catch(() => undefined)
    return bytes === undefined ? undefined : createHash('sha256').update(bytes).digest('hex')
  }

  /** Level-triggered, as the operator does it: all of it, to everybody. */
  publish(): void {
    const clients = this.tracker.clients()
    for (const { report } of clients)
      for (const { swarmId, state, cid } of report?.artifacts ?? [])
        if (state === 'Complete') this.#cids.set(Buffer.from(swarmId).toString('hex'), cid)
    for (const client of clients) {
      this.tracker.publishDesired(client.peerId, this.#desired(client))
    }
    this.#publishPeers(clients)
  }

  #desired({ identity, peerId }: TrackerClientView) {
    const { wish } = this
    if (wish === undefined) return { maxPeers: 32 }
    if (wish.wipe) return { maxPeers: 32, wipe: true }
    const { file, suspended = false, cache, also = [], spareOn = [], download } = wish
    const deliver = wish.deliverTo.includes(identity.node)
    const artifactOf = (one: TestFile) => ({
      swarmId: one.swarmId,
      name: `test/${one.name}`,
      digest: (one === file ? wish.digest : undefined) ?? `sha256:${one.sha256}`,
      size: one.size,
      cid: this.#cids.get(Buffer.from(one.swarmId).toString('hex')) ?? '',
      suspended,
      spare: spareOn.includes(identity.node),
      ...this.#failure(),
    })
    // The test's origins are on this machine.
    const originAccess = { allowedDomains: ['127.0.0.1'] }
    const readers = this.#elect()
    if (identity.role === 'seeder') {
      const artifacts = [file, ...also].map((one) => ({
        ...artifactOf(one),
        wanted: true,
        suspended: false,
        origin: { sources: [wish.source ?? { url: one.origin.url }], begun: this.granted > 0 },
        collects: wish.agentsRead ?? false,
        readers: [...readers].sort(),
      }))
      return { maxPeers: 32, originAccess, artifacts }
    }
    const delivery = {
      id: `job-uid/${file.name}`,
      job: 'test/job',
      swarmId: file.swarmId,
      directory: wish.directory ?? '/srv/files/patches',
      fileName: wish.fileName ?? 'file.bin',
      series: wish.series ?? '',
      keepVersions: wish.keepVersions ?? 0,
      mode: 0o640,
      suspended,
      method: wish.method ?? 'Auto',
    }
    const { afterStallMs = 0 } = wish
    const reads = readers.includes(peerId)
    const isTold = afterStallMs > 0 || reads
    const { url } = wish.misled?.[identity.node] ?? file.origin
    const origin = isTold && { origin: { sources: [{ url }], afterStallMs, reads } }
    return {
      maxPeers: 32,
      originAccess,
      ...(cache && { cache }),
      ...(download && { bandwidth: { rates: { download } } }),
      artifacts: [
        { ...artifactOf(file), wanted: deliver, ...origin },
        ...also.map((one) => ({ ...artifactOf(one), wanted: false })),
      ],
      deliveries: deliver ? [delivery] : [],
      guards: wish.guarded ? [{ ...delivery, digest: `sha256:${file.sha256}` }] : [],
    }
  }

  async #serve(bytes: Buffer, etag: string, bytesPerSecond?: number): Promise<Origin> {
    const path = join(this.folder, `origin-${this.#origins.length}.bin`)
    await writeFile(path, bytes)
    const origin = await startOrigin({
      file: path,
      fileName: 'file.bin',
      etag,
      address: '127.0.0.1',
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    })
    this.#origins.push(origin)
    return origin
  }

  /** As a PatchArtifact says what was granted so far. */
  #object({ file, budgetFactor = 1.2 }: Wish) {
    return patchArtifact(
      { size: file.size, origin: { budgetFactor } },
      { origin: { bytesGranted: this.granted } },
    )
  }

  /** Until a seeder has all of it. */
  #elect(): readonly string[] {
    const { wish } = this
    if (!wish?.agentsRead) return []
    const clients = this.tracker.clients()
    const isSeeded = clients.some(
      ({ identity }) => identity.role === 'seeder' && this.artifact(identity.node)?.state === 'Complete',
    )
    const agents = isSeeded ? [] : clients.filter(({ identity }) => identity.role === 'agent')
    return this.#readers.elect(
      wish.file.name,
      agents.map(({ peerId, identity: { site, node } }) => ({
        peerId,
        site,
        wants: wish.deliverTo.includes(node),
      })),
    )
  }

  #assign(from: TrackerClientView, request: GrantRequest): GrantDecision {
    const wish = this.wish as Wish
    const { file } = wish
    const clients = this.tracker.clients()
    const seeder = clients.find(({ identity }) => identity.role === 'seeder')
    const range = assignRange(this.#object(wish), {
      readers: this.#readers,
      key: file.name,
      from,
      request,
      signer: seeder && { report: this.artifact(seeder.identity.node), saidAt: seeder.lastReportAt },
      others: clients
        .filter(({ peerId }) => peerId !== from.peerId && this.#readers.isReader(file.name, peerId))
        .map(({ peerId, identity, lastReportAt }) => ({
          peerId,
          report: this.artifact(identity.node),
          saidAt: lastReportAt,
        })),
    })
    if ('reason' in range) return range
    const { start, end } = range.span
    this.granted += end - start
    this.#readers.give(file.name, from.peerId, range.span)
    this.ranges.push({ name: from.identity.node, start, end })
    return { offset: start, length: end - start }
  }

  #payAll(request: GrantRequest): GrantDecision {
    const decision = decideGrant(this.#object(this.wish as Wish), request)
    this.granted += decision.length
    return decision
  }

  #publishPeers(clients: readonly TrackerClientView[]): void {
    if (this.wish === undefined) return
    for (const { swarmId: id } of [this.wish.file, ...(this.wish.also ?? [])])
      for (const [peerId, peers] of peerLists(clients, 32, id)) this.tracker.publishPeers(peerId, id, peers)
  }

  /** As the operator says of an artifact that is not the file of its digest. */
  #failure() {
    const seeder = this.tracker.clients().find(({ identity }) => identity.role === 'seeder')
    const wrong = seeder && this.artifact(seeder.identity.node)?.reason === 'DigestMismatch'
    return wrong ? { failure: 'DigestMismatch', failureMessage: 'the sources send another file' } : {}
  }

  #createTracker(): TrackerServer {
    const decisions: TrackerDecisions = {
      authenticate: async (hello, peerId) => this.#admit(hello.token, hello.role, peerId),
      grant: async (client, request) => {
        const { peerId, identity } = client
        const { length } = request
        if (request.any) return this.#assign(client, request)
        if (request.all) return this.#payAll(request)
        if (request.back > 0) {
          this.granted -= request.back
          return { length: 0 }
        }
        const isReader = this.#readers.isReader(this.wish?.file.name ?? '', peerId)
        if (identity.role === 'agent' && !isReader && !this.#claims.take('file', peerId)) {
          return { length: 0, reason: 'AnotherReads', message: 'another agent reads it' }
        }
        const allowed = Math.min(length, this.budget - this.granted)
        if (allowed <= 0) return { length: 0, reason: 'OriginBudgetExhausted', message: 'all is granted' }
        this.granted += allowed
        return { length: allowed }
      },
    }
    return createTrackerServer(
      { identity: this.#operator, decisions, log: pino({ level: 'silent' }) },
      { host: '127.0.0.1', port: this.#trackerPort, epoch: () => this.#epoch, reportIntervalMs: () => 100 },
    )
  }

  #admit(token: string, role: string, peerId: string) {
    const program = this.programs.get(token)
    if (program === undefined || program.role !== role) throw new RefusedError('WrongToken', token, false)
    if (this.copies.has(token)) throw new RefusedError('IdentityInUse', token, false)
    const now = Date.now()
    const membership = signMembership(this.#operator, {
      peerId,
      node: token,
      profile: 'test',
      site: 'here',
      roles: [role],
      issuedAt: now,
      expiresAt: now + 3_600_000,
    })
    return { node: token, profile: 'test', role: program.role, site: 'here', podUid: token, membership }
  }
}
