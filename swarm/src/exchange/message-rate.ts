// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { ProtocolViolationError } from './messages.ts'

/** A line of 10 Gbit/s brings 5,000 chunks a second, and each some frames. */
export const mostMessages = 100_000
const windowMs = 1000

/** How many frames but CHUNK a peer sends: more than any honest one does is there to keep this node busy. */
export class MessageRate {
  #since = Number.NEGATIVE_INFINITY
  #count = 0

  /** @param now milliseconds, monotonic @throws ProtocolViolationError */
  count(now: number): void {
    if (now - this.#since >= windowMs) {
      this.#since = now
      this.#count = 0
    }
    this.#count += 1
    if (this.#count > mostMessages) {
      throw new ProtocolViolationError(`more than ${mostMessages} messages in ${windowMs} ms`)
    }
  }
}
