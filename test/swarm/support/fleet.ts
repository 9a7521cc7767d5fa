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
  peerLists,
  RefusedError,
  type TrackerClientView,
  type TrackerDecisions,
  type TrackerServer,
} from '@patchswarm/swarm/tracker'
import { pino } from 'pino'
import { type Origin, startOrigin } from '../../../lab/src/origin/index.ts'
import { FleetGrants } from './fleet-grants.ts'
import { Program } from './program.ts'
import type { TestFile, Wish } from './wish.ts'
import { type Known, wishedOf } from './wished-state.ts'

const keyOf = ({ swarmId }: Pick<TestFile, 'swarmId'>): string => Buffer.from(swarmId).toString('hex')

/**
 * A real tracker with the simplest decisions (every token is the name of its program, every byte is granted), real
 * programs and a real origin on loopback addresses.
 */
export class Fleet {
  readonly folder: string
  readonly programs = new Map<string, Program>()
  /** What the test wishes now; the tracker tells everybody, again and again. */
  wish: Wish | undefined
  tracker: TrackerServer
  /** Names of programs whose key another one is connected with. */
  readonly copies = new Set<string>()
  readonly grants: FleetGrants
  readonly #operator = createIdentity()
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
    this.grants = new FleetGrants(this)
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
    return this.client(name)?.report?.artifacts.find((report) => file && keyOf(report) === keyOf(file))
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
        if (state === 'Complete') this.#cids.set(keyOf({ swarmId }), cid)
    const known = this.#known(clients)
    for (const client of clients) {
      this.tracker.publishDesired(client.peerId, wishedOf(client, known))
    }
    this.#publishPeers(clients)
  }

  #known(clients: readonly TrackerClientView[]): Known {
    const seeders = clients.filter(({ identity }) => identity.role === 'seeder')
    return {
      wish: this.wish,
      cidOf: (file) => this.#cids.get(keyOf(file)) ?? '',
      readers: this.grants.elect(),
      isBegun: this.grants.granted > 0,
      isWrong: seeders.some(({ identity }) => this.artifact(identity.node)?.reason === 'DigestMismatch'),
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

  #publishPeers(clients: readonly TrackerClientView[]): void {
    if (this.wish === undefined) return
    for (const { swarmId: id } of [this.wish.file, ...(this.wish.also ?? [])])
      for (const [peerId, peers] of peerLists(clients, 32, id)) this.tracker.publishPeers(peerId, id, peers)
  }

  #createTracker(): TrackerServer {
    const decisions: TrackerDecisions = {
      authenticate: async (hello, peerId) => this.#admit(hello.token, hello.role, peerId),
      grant: async (client, request) => this.grants.grant(client, request),
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
