// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { formatHostPort, type HostPort } from '../config/index.ts'
import { createCertificate } from '../identity/certificate.ts'
import type { ServerMessage, Welcome } from '../proto/tracker_pb.ts'
import { parseEndpoint, resolveEndpoints } from './addresses.ts'
import { ClientEvents } from './client-events.ts'
import { ClientSession } from './client-session.ts'
import type {
  GrantInit,
  ReportInit,
  TrackerClient,
  TrackerClientComponents,
  TrackerClientInit,
  TrackerStatus,
} from './client-types.ts'
import { RefusedError, StaleTrackerError, TrackerProtocolError, TrackerUnavailableError } from './errors.ts'
import { GrantRequests } from './grant-requests.ts'
import { STABLE_MS, waitAfter } from './reconnecting.ts'
import { ReportSchedule } from './report-schedule.ts'
import { revokedNodes } from './revoked.ts'
import { SessionTimers } from './session-timers.ts'
import { whenConnected } from './when-connected.ts'

const WELCOME_TIMEOUT_MS = 30_000
const GRANT_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 1_000
/**
 * A connection is made anew in this time at the latest (less up to a quarter, so that not all come at once): the
 * membership that comes with it holds for 24 hours, and the token is to be looked at again.
 */
const MAX_AGE_MS = 8 * 3_600_000
/** @throws TypeError for an address that is not host:port */
export function createTrackerClient(
  components: TrackerClientComponents,
  init: TrackerClientInit,
): TrackerClient {
  return new Client(components, init)
}

class Client implements TrackerClient {
  readonly #components: TrackerClientComponents
  readonly #init: TrackerClientInit
  readonly #log: Logger
  readonly #random: () => number
  readonly #endpoints: readonly HostPort[]
  readonly #stopped = new AbortController()
  readonly #grants = new GrantRequests()
  readonly #reports = new ReportSchedule<ReportInit>((report) => this.#sendReport(report))
  readonly #timers = new SessionTimers()
  readonly #events: ClientEvents
  #status: TrackerStatus
  #session: ClientSession | undefined
  #running: Promise<void> | undefined
  /** Where a standby said that the leader is. */
  #leader: HostPort | undefined
  #seq = 0
  /** By the monotonic clock, when this try got as far as Welcome. */
  #welcomedAt: number | undefined

  constructor(components: TrackerClientComponents, init: TrackerClientInit) {
    this.#components = components
    this.#init = init
    this.#log = components.log
    this.#random = components.random ?? Math.random
    this.#endpoints = init.addresses.map(endpointOf)
    this.#events = new ClientEvents(this.#log)
    this.#status = {
      connected: false,
      address: undefined,
      lastError: undefined,
      epoch: init.lastEpoch ?? 0,
      reportIntervalMs: 2_000,
    }
  }

  onWelcome: TrackerClient['onWelcome'] = (listener) => this.#events.welcome.add(listener)
  onDesired: TrackerClient['onDesired'] = (listener) => this.#events.desired.add(listener)
  onPeers: TrackerClient['onPeers'] = (listener) => this.#events.peers.add(listener)
  onRefused: TrackerClient['onRefused'] = (listener) => this.#events.refused.add(listener)
  onRevoked: TrackerClient['onRevoked'] = (listener) => this.#events.revoked.add(listener)
  onStatus: TrackerClient['onStatus'] = (listener) => this.#events.status.add(listener)

  get status(): TrackerStatus {
    return this.#status
  }

  start(): void {
    this.#running ??= this.#run().catch((error) => {
      if (!this.#stopped.signal.aborted) this.#log.error({ err: error }, 'tracker client failed')
    })
  }

  async stop(): Promise<void> {
    this.#reports.flush()
    this.#stopped.abort(new Error('the tracker client was stopped'))
    const session = this.#session
    session?.end()
    const patience = setTimeout(() => session?.destroy(this.#stopped.signal.reason), STOP_TIMEOUT_MS)
    await this.#running
    clearTimeout(patience)
  }

  report(report: ReportInit): void {
    this.#reports.set(report)
  }

  flush(): void {
    this.#reports.flush()
  }

  async requestGrant(
    request: GrantInit,
    { signal, timeoutMs = GRANT_TIMEOUT_MS }: { signal?: AbortSignal; timeoutMs?: number } = {},
  ): Promise<{ offset: number; length: number; reason: string; message: string }> {
    const started = performance.now()
    const { signal: stopped } = this.#stopped
    await whenConnected(this, timeoutMs, signal ? AbortSignal.any([stopped, signal]) : stopped)
    const left = Math.max(1, timeoutMs - (performance.now() - started))
    const ask = (requestId: number) =>
      this.#session?.send({ case: 'grantRequest', value: { ...request, requestId } })
    const { offset, length, reason, message } = await this.#grants.ask(ask, left, signal)
    return { offset, length, reason, message }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      this.#welcomedAt = undefined
      const error = await this.#tryAll()
      if (signal.aborted) return
      this.#setStatus({ connected: false, lastError: error.message })
      if (performance.now() - (this.#welcomedAt ?? Infinity) > STABLE_MS) attempt = 0
      const waitMs = waitAfter(error, attempt, this.#random, this.#init.backoff)
      this.#log.warn({ err: error, address: this.#status.address, waitMs }, 'no tracker connection')
      await sleep(waitMs, undefined, { signal })
    }
  }

  /** Every address once, the leader named by a standby first. @returns why it ended */
  async #tryAll(): Promise<Error> {
    let last: Error = new TrackerUnavailableError('the name of the tracker does not resolve')
    const queue = await resolveEndpoints(this.#endpoints, this.#random)
    // A standby names the leader: that is followed at once, but not round and round.
    for (let tries = queue.length + 2; tries > 0 && !this.#stopped.signal.aborted; tries -= 1) {
      const leader = this.#leader
      this.#leader = undefined
      const endpoint = leader ?? queue.shift()
      if (endpoint === undefined) break
      last = await this.#connectTo(endpoint)
      if (this.#welcomedAt !== undefined || last instanceof RefusedError) break
    }
    return last
  }

  /** One connection, from the handshake to its end. @returns why it ended */
  async #connectTo({ host, port }: HostPort): Promise<Error> {
    let session: ClientSession | undefined
    this.#setStatus({ address: formatHostPort({ host, port }) })
    try {
      const { trackerPeerIds, localAddress } = this.#init
      const certificate = createCertificate(this.#components.identity)
      const onMessage = (message: ServerMessage) => this.#receive(session, message)
      const { signal } = this.#stopped
      session = await ClientSession.open({
        host,
        port,
        localAddress,
        certificate,
        trackerPeerIds,
        onMessage,
        signal,
      })
      this.#session = session
      await this.#sayHello(session)
      return (await session.closed) ?? new TrackerUnavailableError('the tracker closed the connection')
    } catch (error) {
      session?.destroy(error as Error)
      return error as Error
    } finally {
      this.#endSession()
    }
  }

  async #sayHello(session: ClientSession): Promise<void> {
    const hello = await this.#init.hello()
    this.#timers.expectMessage(session, WELCOME_TIMEOUT_MS)
    const value = { ...hello, lastEpoch: this.#status.epoch }
    session.send({ case: 'hello', value })
  }

  #endSession(): void {
    this.#timers.stop()
    this.#session = undefined
    this.#reports.close()
    this.#grants.fail(new TrackerUnavailableError('the connection to the tracker was lost'))
  }

  #receive(session: ClientSession | undefined, { epoch, body }: ServerMessage): void {
    if (session === undefined || session !== this.#session || this.#stopped.signal.aborted) return
    if (body.case === 'notLeader') {
      this.#leader = body.value.address === '' ? undefined : parseEndpoint(body.value.address)
      session.destroy(new TrackerUnavailableError('not the leader'))
      return
    }
    this.#checkEpoch(epoch)
    this.#timers.expectMessage(session, 3 * this.#status.reportIntervalMs + 30_000)
    this.#dispatch(session, body)
  }

  #dispatch(session: ClientSession, body: ServerMessage['body']): void {
    if (body.case === 'welcome') this.#welcomed(session, body.value)
    else if (body.case === 'refused') {
      const { reason, message, retry } = body.value
      const refusal = new RefusedError(reason, `refused (${reason}): ${message}`, retry)
      session.destroy(refusal)
      this.#events.refused.call(refusal)
    } else if (!this.#status.connected) throw new TrackerProtocolError('a message before the welcome')
    else if (body.case === 'desired') this.#events.desired.call(body.value)
    else if (body.case === 'peers') this.#events.peers.call(body.value)
    else if (body.case === 'revoked') this.#events.revoked.call(revokedNodes(body.value))
    else if (body.case === 'grant') this.#grants.answer(body.value)
  }

  #welcomed(session: ClientSession, welcome: Welcome): void {
    this.#log.info({ address: this.#status.address, node: welcome.node }, 'connected to the tracker')
    const reportIntervalMs = welcome.reportIntervalMs
    this.#welcomedAt = performance.now()
    const { maxAgeMs = MAX_AGE_MS } = this.#init
    this.#timers.endAfter(session, maxAgeMs * (1 - this.#random() / 4))
    this.#events.welcome.call(welcome)
    this.#setStatus({ connected: true, lastError: undefined, reportIntervalMs })
    this.#reports.open(reportIntervalMs)
  }

  #checkEpoch(epoch: number): void {
    if (epoch < this.#status.epoch) {
      throw new StaleTrackerError(
        `a tracker of epoch ${epoch}; one of ${this.#status.epoch} was seen already`,
      )
    }
    if (epoch > this.#status.epoch) this.#status = { ...this.#status, epoch }
  }

  #sendReport(report: ReportInit): void {
    this.#seq += 1
    this.#session?.send({ case: 'report', value: { ...report, seq: this.#seq } })
  }

  #setStatus(change: Partial<TrackerStatus>): void {
    const before = this.#status
    this.#status = { ...before, ...change }
    const { connected, lastError } = this.#status
    if (this.#stopped.signal.aborted) return
    if (connected !== before.connected || lastError !== before.lastError)
      this.#events.status.call(this.#status)
  }
}

function endpointOf(text: string): HostPort {
  const endpoint = parseEndpoint(text)
  if (endpoint === undefined) throw new TypeError(`${JSON.stringify(text)} is not host:port`)
  return endpoint
}
