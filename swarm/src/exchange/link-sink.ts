// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { FrameSink } from './frame-reader.ts'

/** What a link tells its owner. All are called in the order things happen, never from within a call of the owner's. */
export interface LinkSink extends FrameSink {
  /** The last bytes of the chunk have been taken by the connection. */
  sent(chunk: number, bytes: number): void
  /** It could not be read after all. */
  unreadable(chunk: number, error: unknown): void
  /** Nothing more comes or goes. `error` says why, when it was not a plain end. */
  closed(error: Error | undefined): void
}
