// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** The spec must change before another try makes sense; the controller does not come back by itself. */
export class TerminalError extends Error {
  override name = 'TerminalError'
  /** CamelCase, the same as the condition's and the event's. */
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Something else must happen first, which is no failure; the controller looks again after `afterMs` at the latest. */
export class WaitError extends Error {
  override name = 'WaitError'
  readonly reason: string
  readonly afterMs: number

  constructor(reason: string, afterMs: number, message = reason, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.afterMs = afterMs
  }
}
