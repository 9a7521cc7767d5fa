// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Membership } from '../membership/index.ts'
import { type Hello, RefusedError } from './errors.ts'
import type { Link } from './link.ts'
import type { LinkSink } from './link-sink.ts'
import { type Message, ProtocolViolationError, protocolVersion } from './messages.ts'

export const handshakeTimeoutMs = 10_000

/** What HELLO says of a node at that moment. */
export type Described = Pick<Hello, 'dealing' | 'hasManifest' | 'growing' | 'chunks' | 'bitmap'>

/** What the two ends know of each other once both HELLOs are through. */
export interface Greeting {
  readonly peerId: string
  readonly membership: Membership
  readonly hello: Hello
  /** What this node said of itself: what it has learnt and got since must still be told. */
  readonly said: Described
}

/** Waits for the first message of a link and hands it on in the very turn it comes, so that none after it is lost. */
export function awaitFirst(
  link: Link,
  onFirst: (message: Message) => void,
  onFailed: (error: Error) => void,
): LinkSink {
  let settled = false
  const fail = (error: Error) => {
    clearTimeout(timer)
    if (!settled) {
      settled = true
      onFailed(error)
    }
  }
  const timer = setTimeout(() => {
    const error = new RefusedError('HandshakeTimeout', `no HELLO within ${handshakeTimeoutMs} ms`, false)
    fail(error)
    void link.close(error.reason, error.message)
  }, handshakeTimeoutMs)
  timer.unref()
  return {
    message: (message) => {
      clearTimeout(timer)
      settled = true
      onFirst(message)
    },
    pieceBegins: () => {
      throw new ProtocolViolationError('a chunk before HELLO')
    },
    pieceEnds: () => {},
    sent: () => {},
    unreadable: () => {},
    closed: (error) => fail(error ?? new RefusedError('Closed', 'the stream ended before HELLO', true)),
  }
}

/** The first message as a HELLO that holds. @throws RefusedError */
export function readHello(message: Message): Hello {
  if (message.type === 'close') {
    throw new RefusedError(message.reason, message.message, true)
  }
  if (message.type !== 'hello') {
    throw new RefusedError('NotReady', `${message.type} before HELLO`, false)
  }
  if (message.version !== protocolVersion) {
    const text = `speaks version ${message.version}, this node ${protocolVersion}`
    throw new RefusedError('VersionMismatch', text, false)
  }
  return message
}

/** Tells the peer why, unless it was the peer that said so. */
export async function refuse(link: Link, error: unknown): Promise<RefusedError> {
  const refusal =
    error instanceof RefusedError
      ? error
      : new RefusedError('InternalError', 'internal error', false, { cause: error })
  await (refusal.byPeer ? link.close() : link.close(refusal.reason, refusal.message))
  return refusal
}
