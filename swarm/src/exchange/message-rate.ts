// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Message, ProtocolViolationError } from './messages.ts'

/** A line of 10 Gbit/s brings 5,000 chunks a second, and each some frames. */
export const mostMessages = 100_000
const windowMs = 1000
/** So many chunks that are spoken of take as long as a message. */
const chunksPerMessage = 128

/** How many frames but CHUNK a peer sends: more than any honest one does is there to keep this node busy. */
export class MessageRate {
  #since = Number.NEGATIVE_INFINITY
  #count = 0

  /** @param now milliseconds, monotonic @param cost messages that it counts as @throws ProtocolViolationError */
  count(now: number, cost = 1): void {
    if (now - this.#since >= windowMs) {
      this.#since = now
      this.#count = 0
    }
    this.#count += cost
    if (this.#count > mostMessages) {
      throw new ProtocolViolationError(`more than ${mostMessages} messages in ${windowMs} ms`)
    }
  }
}

/** As how many messages one counts: each run of chunks is one more, and a long one several. */
export function costOf(message: Message): number {
  if (message.type !== 'have' && message.type !== 'wantParts') {
    return 1
  }
  return message.ranges.reduce((cost, [, count]) => cost + 1 + Math.floor(count / chunksPerMessage), 1)
}
