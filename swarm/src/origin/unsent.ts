// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { SourceError } from './errors.ts'

/**
 * The most that an origin has sent beyond what was read here: what the receive window of the connection holds. Linux
 * lets it grow to 6 MiB (net.ipv4.tcp_rmem); more than twice that, for machines that are tuned for long lines.
 */
const IN_FLIGHT = 16 * 1024 * 1024

/** Nothing was sent: there was no connection, or none that the server took a request on. */
const NEVER_ASKED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
])

/**
 * How many of the bytes that a failed request was to bring and that did not come the origin has certainly not sent.
 * @param missing bytes of the request that did not come; what a broken body still holds (`readableLength`) did, though nobody reads it
 * @param failure what ended it; the cause of an error counts as well
 */
export function unsent(missing: number, failure: unknown): number {
  return Math.max(0, causesOf(failure).some(isCertain) ? missing : missing - IN_FLIGHT)
}

const isCertain = (error: NodeJS.ErrnoException): boolean =>
  (error instanceof SourceError && error.refused) || NEVER_ASKED.has(error.code ?? '') || isOrderlyEnd(error)

/** TCP hands over all that was sent before it says that the other side has closed: so nothing else was sent. */
const isOrderlyEnd = ({ code, message }: NodeJS.ErrnoException): boolean =>
  code === 'UND_ERR_SOCKET' && message === 'other side closed'

function causesOf(failure: unknown): NodeJS.ErrnoException[] {
  const causes: NodeJS.ErrnoException[] = []
  for (let error = failure; error instanceof Error && causes.length < 5; error = error.cause) {
    causes.push(error as NodeJS.ErrnoException)
  }
  return causes
}
