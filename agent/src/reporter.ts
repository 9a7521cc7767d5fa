// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ReportInit, TrackerClient } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'

const REFRESH_MS = 500

/** Keeps the tracker client supplied with the newest report; the client sends it at the tracker's interval. */
export class Reporter {
  readonly #client: Pick<TrackerClient, 'report' | 'flush'>
  readonly #log: Logger
  readonly #build: () => Promise<ReportInit>
  #timer: NodeJS.Timeout | undefined
  #building = false
  #urgent = false

  constructor(
    client: Pick<TrackerClient, 'report' | 'flush'>,
    log: Logger,
    build: () => Promise<ReportInit>,
  ) {
    this.#client = client
    this.#log = log
    this.#build = build
  }

  start(): void {
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS)
  }

  /** Something ended: the tracker should know at once. */
  flush(): void {
    this.#urgent = true
    void this.#refresh()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #refresh(): Promise<void> {
    if (this.#building) return
    this.#building = true
    try {
      // Asked again while building: what was built may be of before.
      for (let again = true; again; again = this.#urgent) {
        const urgent = this.#urgent
        this.#urgent = false
        this.#client.report(await this.#build())
        if (urgent) this.#client.flush()
      }
    } catch (error) {
      this.#log.warn({ err: error }, 'no report could be made')
    } finally {
      this.#building = false
    }
  }
}
