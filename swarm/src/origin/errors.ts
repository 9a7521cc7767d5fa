// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export type OriginReason =
  | 'OriginUnreachable'
  | 'OriginChanged'
  | 'SizeMismatch'
  | 'OriginBudgetExhausted'
  | 'SourceForbidden'

/** The file could not be read from its origin; `reason` says why in one word, the message names source and finding. */
export class OriginError extends Error {
  override name = 'OriginError'
  readonly reason: OriginReason

  constructor(reason: OriginReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** One try at one source failed. `again`: the same source may do better in a moment. */
export class SourceError extends Error {
  override name = 'SourceError'
  readonly reason: OriginReason
  readonly again: boolean
  /** The server answered without any bytes of the file. */
  readonly refused: boolean

  constructor(
    reason: OriginReason,
    message: string,
    again: boolean,
    { refused = false, ...options }: ErrorOptions & { refused?: boolean } = {},
  ) {
    super(message, options)
    this.reason = reason
    this.again = again
    this.refused = refused
  }
}
