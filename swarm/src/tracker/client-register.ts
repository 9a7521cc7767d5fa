// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Logger } from 'pino'
import type { Report } from '../proto/tracker_pb.ts'
import { checkedReport } from './checked-report.ts'
import { Listeners } from './listeners.ts'
import type { ServerConnection } from './server-connection.ts'
import type { TrackerClientView } from './types.ts'

interface Entry {
  readonly connection: ServerConnection
  view: TrackerClientView
}

/** Who is connected, one entry a peer ID; a newer connection takes the place of the older. */
export class ClientRegister {
  readonly #entries = new Map<string, Entry>()
  readonly #connected: Listeners<TrackerClientView>
  readonly #disconnected: Listeners<TrackerClientView>
  readonly #reported: Listeners<TrackerClientView>

  constructor(log: Logger) {
    this.#connected = new Listeners(log)
    this.#disconnected = new Listeners(log)
    this.#reported = new Listeners(log)
  }

  get size(): number {
    return this.#entries.size
  }

  views(): readonly TrackerClientView[] {
    return [...this.#entries.values()].map((entry) => entry.view)
  }

  entry(peerId: string): Entry | undefined {
    return this.#entries.get(peerId)
  }

  onConnect = (listener: (client: TrackerClientView) => void) => this.#connected.add(listener)
  onDisconnect = (listener: (client: TrackerClientView) => void) => this.#disconnected.add(listener)
  onReport = (listener: (client: TrackerClientView) => void) => this.#reported.add(listener)

  add(connection: ServerConnection, view: TrackerClientView): void {
    const older = this.#entries.get(view.peerId)
    // Without a disconnect in between: for the listeners the client has only come back.
    this.#entries.set(view.peerId, { connection, view })
    older?.connection.end({
      case: 'refused',
      value: { reason: 'Replaced', message: 'a newer connection with this peer ID', retry: true },
    })
    this.#connected.call(view)
  }

  remove(connection: ServerConnection): void {
    const entry = this.#entries.get(connection.peerId)
    if (entry?.connection !== connection) return
    this.#entries.delete(connection.peerId)
    this.#disconnected.call(entry.view)
  }

  report(connection: ServerConnection, report: Report, now: number): void {
    const entry = this.#entries.get(connection.peerId)
    if (entry?.connection !== connection) return
    entry.view = { ...entry.view, report: checkedReport(report), lastReportAt: now }
    this.#reported.call(entry.view)
  }
}
