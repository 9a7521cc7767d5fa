// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { create } from '@bufbuild/protobuf'
import type { Logger } from 'pino'
import { createCertificate, verifyPeerCertificate } from '../identity/certificate.ts'
import type { Identity } from '../identity/types.ts'
import {
  type ClientMessage,
  type GrantRequest,
  type Hello,
  type Revoked,
  WelcomeSchema,
} from '../proto/tracker_pb.ts'
import { AdmissionLimits } from './admission-limits.ts'
import { authenticateHello, decideGrant, refusalOf } from './answers.ts'
import { ClientRegister } from './client-register.ts'
import { TrackerProtocolError } from './errors.ts'
import { revokedMessage } from './revoked.ts'
import { ServerConnection } from './server-connection.ts'
import type { TrackerDecisions, TrackerServer } from './types.ts'

const SWEEP_MS = 5_000
/** Clients that are told who is revoked before others have their turn. */
const REVOKED_AT_ONCE = 32

export interface TrackerServerComponents {
  /** The operator's: agents pin its peer ID. */
  readonly identity: Identity
  readonly decisions: TrackerDecisions
  readonly log: Logger
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface TrackerServerInit {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Epoch of the lease, set on every message. */
  readonly epoch: number | (() => number)
  /** Interval at which each of `count` clients is to report. */
  readonly reportIntervalMs: (count: number) => number
  /** Only the leader takes clients; always true when left out. */
  readonly isLeader?: () => boolean
  /** host:port of the leader for a standby's answer, when known. */
  readonly leaderAddress?: () => string | undefined
  /** Time for the TLS handshake, and again for the Hello; 10 s by default. */
  readonly helloTimeoutMs?: number
  /** Time for the operator's decision on a Hello; 20 s by default. */
  readonly authenticateTimeoutMs?: number
  readonly maxConnectionsPerAddress?: number
  readonly maxConnections?: number
}

/**
 * The operator's end of the tracker protocol: TLS 1.3 with mutual certificates whose peer IDs count, not a CA.
 * It keeps who is connected and what each said last, decides nothing itself, and forgets all when stopped.
 */
export function createTrackerServer(
  components: TrackerServerComponents,
  init: TrackerServerInit,
): TrackerServer {
  return new Tracker(components, init)
}

class Tracker implements TrackerServer {
  readonly #components: TrackerServerComponents
  readonly #init: TrackerServerInit
  readonly #log: Logger
  readonly #now: () => number
  readonly #register: ClientRegister
  readonly #limits: AdmissionLimits
  readonly #connections = new Set<ServerConnection>()
  #server: Server | undefined
  #sweep: NodeJS.Timeout | undefined
  #revoked = revokedMessage(new Map())
  #telling = false

  constructor(components: TrackerServerComponents, init: TrackerServerInit) {
    this.#components = components
    this.#init = init
    this.#log = components.log
    this.#now = components.now ?? Date.now
    this.#register = new ClientRegister(components.log)
    this.#limits = new AdmissionLimits({
      perAddress: init.maxConnectionsPerAddress ?? 256,
      total: init.maxConnections ?? 12_000,
    })
  }

  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const server = createServer({
      ...createCertificate(this.#components.identity),
      minVersion: 'TLSv1.3',
      requestCert: true,
      // Certificates are self-signed: what counts is the peer ID that they prove, checked below.
      rejectUnauthorized: false,
      handshakeTimeout: this.#init.helloTimeoutMs ?? 10_000,
    })
    server.on('connection', (socket: Socket) => this.#limits.admit(socket))
    server.on('tlsClientError', (error) => this.#log.debug({ err: error }, 'TLS handshake failed'))
    server.on('secureConnection', (socket) => this.#accept(socket))
    this.#server = server
    server.listen({ host: this.#init.host, port: this.#init.port })
    await once(server, 'listening', signal === undefined ? {} : { signal })
    server.on('error', (error) => this.#log.error({ err: error }, 'tracker server failed'))
    this.#sweep = setInterval(() => this.#dropSilent(), SWEEP_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep)
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const connection of this.#connections) connection.end({ case: 'notLeader', value: { address: '' } })
    // Those that take their farewell have gone by then.
    const patience = setTimeout(() => this.#destroyAll(new Error('the tracker stops')), 500)
    this.#limits.destroyHandshakes()
    await closed
    clearTimeout(patience)
  }

  get port(): number {
    return (this.#server?.address() as AddressInfo | null)?.port ?? this.#init.port
  }

  clients = () => this.#register.views()
  client = (peerId: string) => this.#register.entry(peerId)?.view
  onConnect: TrackerServer['onConnect'] = (listener) => this.#register.onConnect(listener)
  onDisconnect: TrackerServer['onDisconnect'] = (listener) => this.#register.onDisconnect(listener)
  onReport: TrackerServer['onReport'] = (listener) => this.#register.onReport(listener)

  publishDesired: TrackerServer['publishDesired'] = (peerId, desired) =>
    this.#register.entry(peerId)?.connection.sendDesired(desired)

  publishPeers: TrackerServer['publishPeers'] = (peerId, swarmId, peers) =>
    this.#register.entry(peerId)?.connection.sendPeers(swarmId, peers)

  publishRevoked: TrackerServer['publishRevoked'] = (revoked) => {
    const message = revokedMessage(revoked)
    if (isDeepStrictEqual(message, this.#revoked)) return
    this.#revoked = message
    if (!this.#telling) void this.#tellRevoked()
  }

  /** Some clients at a time, for a long list takes a while; when there is a newer one meanwhile all are told that. */
  async #tellRevoked(): Promise<void> {
    this.#telling = true
    for (let told: Revoked | undefined; told !== this.#revoked; ) {
      told = this.#revoked
      for (const [at, { peerId }] of this.clients().entries()) {
        if (at % REVOKED_AT_ONCE === REVOKED_AT_ONCE - 1) await setImmediate()
        this.#register.entry(peerId)?.connection.sendRevoked(this.#revoked)
      }
    }
    this.#telling = false
  }

  refuse: TrackerServer['refuse'] = (peerId, reason, message, retry = true) => {
    this.#register.entry(peerId)?.connection.end({ case: 'refused', value: { reason, message, retry } })
  }

  #epoch = (): number => (typeof this.#init.epoch === 'number' ? this.#init.epoch : this.#init.epoch())

  #accept(socket: TLSSocket): void {
    this.#limits.handshakeDone(socket)
    const peerId = this.#provenPeerId(socket)
    if (peerId === undefined) return
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 15_000)
    const connection = new ServerConnection(socket, peerId, {
      epoch: this.#epoch,
      now: this.#now,
      events: {
        hello: (from, hello) => void this.#greet(from, hello),
        message: (from, message) => this.#handle(from, message),
        closed: (from, error) => this.#forget(from, error),
      },
    })
    this.#connections.add(connection)
    const late = setTimeout(
      () => connection.helloSeen || connection.destroy(new TrackerProtocolError('no hello in time')),
      this.#init.helloTimeoutMs ?? 10_000,
    )
    connection.signal.addEventListener('abort', () => clearTimeout(late))
  }

  #provenPeerId(socket: TLSSocket): string | undefined {
    try {
      const certificate = socket.getPeerX509Certificate()
      if (certificate === undefined) throw new TrackerProtocolError('no client certificate')
      return verifyPeerCertificate(certificate.raw, this.#now())
    } catch (error) {
      this.#log.warn({ err: error, address: socket.remoteAddress }, 'client without a valid certificate')
      socket.on('error', () => {})
      socket.destroy()
      return undefined
    }
  }

  /** Never rejects: what goes wrong is told to the client and logged. */
  async #greet(connection: ServerConnection, hello: Hello): Promise<void> {
    if (!this.#isLeader()) {
      this.#turnAway(connection)
      return
    }
    try {
      await this.#limits.inTurn(connection.signal, () => this.#authenticate(connection, hello))
    } catch (error) {
      if (connection.signal.aborted) return
      this.#log.warn({ err: error, peerId: connection.peerId, role: hello.role }, 'client refused')
      connection.end({ case: 'refused', value: refusalOf(error) })
    }
  }

  async #authenticate(connection: ServerConnection, hello: Hello): Promise<void> {
    if (hello.lastEpoch > this.#epoch()) {
      this.#log.warn({ peerId: connection.peerId, lastEpoch: hello.lastEpoch }, 'client saw a newer leader')
    }
    const timeoutMs = this.#init.authenticateTimeoutMs ?? 20_000
    const accepted = await authenticateHello(this.#components.decisions, connection, hello, timeoutMs)
    const { membership, addresses, ...identity } = accepted
    const reportIntervalMs = Math.round(this.#init.reportIntervalMs(this.#register.size + 1))
    const { node, site } = identity
    connection.welcome(create(WelcomeSchema, { membership, reportIntervalMs, node, site }))
    this.#register.add(connection, {
      peerId: connection.peerId,
      identity,
      addresses: addresses ?? hello.addresses,
      protocolVersion: hello.protocolVersion,
      agentVersion: hello.agentVersion,
      report: undefined,
      connectedAt: this.#now(),
      lastReportAt: 0,
    })
    connection.sendRevoked(this.#revoked)
  }

  #handle(connection: ServerConnection, { body }: ClientMessage): void {
    if (!this.#isLeader()) this.#turnAway(connection)
    else if (body.case === 'report') {
      this.#register.report(connection, body.value, this.#now())
      connection.send({ case: 'ack', value: { seq: body.value.seq } })
    } else if (body.case === 'grantRequest') void this.#grant(connection, body.value)
  }

  async #grant(connection: ServerConnection, request: GrantRequest): Promise<void> {
    const client = this.client(connection.peerId)
    if (client === undefined) return
    const { decisions } = this.#components
    const answer = await decideGrant({ decisions, log: this.#log }, connection, client, request)
    connection.send({ case: 'grant', value: { requestId: request.requestId, ...answer } })
  }

  #forget(connection: ServerConnection, error: Error | undefined): void {
    this.#connections.delete(connection)
    this.#register.remove(connection)
    const { peerId, remoteAddress } = connection
    if (error instanceof Error) this.#log.info({ err: error, peerId, remoteAddress }, 'connection lost')
  }

  #dropSilent(): void {
    const patience = 3 * this.#init.reportIntervalMs(this.#register.size) + 30_000
    for (const connection of this.#connections) {
      if (performance.now() - connection.lastHeardAt > patience) {
        connection.destroy(new TrackerProtocolError(`nothing heard for ${patience} ms`))
      }
    }
  }

  #isLeader(): boolean {
    return this.#init.isLeader?.() ?? true
  }

  #turnAway(connection: ServerConnection): void {
    connection.end({ case: 'notLeader', value: { address: this.#init.leaderAddress?.() ?? '' } })
  }

  #destroyAll(error: Error): void {
    for (const connection of this.#connections) connection.destroy(error)
  }
}
