// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Completions come together when many files end at once: at most one report in this time, however urgent. */
const MIN_GAP_MS = 100

/**
 * When the newest report goes out: at once when asked to flush, else each interval, whether it changed or not (the
 * server takes silence for death). Reports are cumulative, so only the newest counts.
 */
export class ReportSchedule<R> {
  readonly #send: (report: R) => void
  #newest: R | undefined
  #intervalMs: number | undefined
  #timer: NodeJS.Timeout | undefined
  #lastSentAt = 0

  constructor(send: (report: R) => void) {
    this.#send = send
  }

  /** The connection is there: the newest report goes out now. */
  open(intervalMs: number): void {
    this.#intervalMs = Math.max(MIN_GAP_MS, intervalMs)
    this.#sendNow()
  }

  close(): void {
    this.#intervalMs = undefined
    clearTimeout(this.#timer)
  }

  set(report: R): void {
    const first = this.#newest === undefined
    this.#newest = report
    if (first) this.flush()
  }

  /** Sends the newest report as soon as the gap allows. */
  flush(): void {
    if (this.#intervalMs === undefined) return
    const wait = this.#lastSentAt + MIN_GAP_MS - performance.now()
    if (wait <= 0) this.#sendNow()
    else this.#sendIn(wait)
  }

  #sendNow(): void {
    if (this.#newest !== undefined) {
      this.#lastSentAt = performance.now()
      this.#send(this.#newest)
    }
    if (this.#intervalMs !== undefined) this.#sendIn(this.#intervalMs)
  }

  #sendIn(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#sendNow(), ms)
  }
}
