// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { clockSkewMs, type Membership } from '../membership/index.ts'

/** The longest that a timer can wait; whoever is called early looks again. */
const longestMs = 2 ** 31 - 1

/** Calls when the first of the memberships that it was told of has run out. */
export class ExpiryWatch {
  readonly #onExpired: () => void
  #timer: NodeJS.Timeout | undefined
  #at = Infinity

  constructor(onExpired: () => void) {
    this.#onExpired = onExpired
  }

  expect({ expiresAt }: Membership): void {
    const at = expiresAt + clockSkewMs
    if (at >= this.#at) return
    clearTimeout(this.#timer)
    this.#at = at
    this.#timer = setTimeout(() => this.#expired(), Math.min(longestMs, at - Date.now()))
    this.#timer.unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#at = Infinity
  }

  #expired(): void {
    this.#at = Infinity
    this.#onExpired()
  }
}
