// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ReportInit, TrackerClient } from '@patchswarm/swarm/tracker'
import type { Logger } from 'pino'

/** Bounds of the time between two reports: a small cluster is watched closely, an idle agent does next to nothing. */
const [LEAST_MS, MOST_MS] = [100, 5_000]

/** Keeps the tracker client supplied with the newest report; the client sends it at the tracker's interval. */
export class Reporter {
  readonly #client: Pick<TrackerClient, 'report' | 'flush' | 'status'>
  readonly #log: Logger
  readonly #build: () => Promise<ReportInit>
  #timer: NodeJS.Timeout | undefined
  #building = false
  #urgent = false

  constructor(
    client: Pick<TrackerClient, 'report' | 'flush' | 'status'>,
    log: Logger,
    build: () => Promise<ReportInit>,
  ) {
    this.#client = client
    this.#log = log
    this.#build = build
  }

  /** A report twice in each interval of the tracker, so that what it gets is half an interval old at most. */
  start(): void {
    const half = this.#client.status.reportIntervalMs / 2
    const delay = Math.min(MOST_MS, Math.max(LEAST_MS, half))
    this.#timer = setTimeout(() => void this.#refresh().then(() => this.#timer && this.start()), delay)
  }

  /** Something ended: the tracker should know at once. */
  flush(): void {
    this.#urgent = true
    void this.#refresh()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
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
