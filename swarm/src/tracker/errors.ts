// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** The tracker will not have a client, or a client was told so; `retry` says whether trying again can help. */
export class RefusedError extends Error {
  override name = 'RefusedError'
  readonly reason: string
  readonly retry: boolean

  constructor(reason: string, message: string, retry: boolean, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.retry = retry
  }
}

/** The other side broke the tracker protocol: a frame too large, a message that cannot be read or comes out of turn. */
export class TrackerProtocolError extends Error {
  override name = 'TrackerProtocolError'
}

/** What was sent is not being read: the connection was dropped rather than the memory filled. */
export class SlowReaderError extends Error {
  override name = 'SlowReaderError'
}

/** Whoever answers at the tracker's address is not the pinned tracker. */
export class TrackerPinError extends Error {
  override name = 'TrackerPinError'
}

/** A tracker with an older lease epoch than one already seen: it has been replaced and does not know it. */
export class StaleTrackerError extends Error {
  override name = 'StaleTrackerError'
}

/** No tracker to ask now, or no answer in time; asking again later can help. */
export class TrackerUnavailableError extends Error {
  override name = 'TrackerUnavailableError'
}
