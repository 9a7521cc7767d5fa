// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Logger } from 'pino'
import type { GrantRequest, Hello } from '../proto/tracker_pb.ts'
import { RefusedError } from './errors.ts'
import { oldestProtocolVersion } from './protocol-version.ts'
import type { ServerConnection } from './server-connection.ts'
import type { Authenticated, TrackerClientView, TrackerDecisions } from './types.ts'

const MAX_PENDING_GRANTS = 8

/** The operator's decision on a Hello, within `timeoutMs`. @throws RefusedError, or whatever kept the operator from deciding */
export async function authenticateHello(
  decisions: TrackerDecisions,
  connection: ServerConnection,
  hello: Hello,
  timeoutMs: number,
): Promise<Authenticated> {
  if (hello.protocolVersion < oldestProtocolVersion) {
    const message = `${hello.role} ${hello.agentVersion} speaks version ${hello.protocolVersion} of the protocol, and this operator none before ${oldestProtocolVersion}`
    throw new RefusedError('ProtocolVersion', message, true)
  }
  const signal = AbortSignal.any([connection.signal, AbortSignal.timeout(timeoutMs)])
  const accepted = await decisions.authenticate(hello, connection.peerId, connection.remoteAddress, signal)
  signal.throwIfAborted()
  return accepted
}

/** What a client is told of an error: a refusal as it is, anything else without its inner details. */
export function refusalOf(error: unknown): { reason: string; message: string; retry: boolean } {
  if (error instanceof RefusedError) {
    return { reason: error.reason, message: error.message, retry: error.retry }
  }
  return { reason: 'Unavailable', message: 'the operator could not check the token now', retry: true }
}

/** Never rejects: a decision that fails is a refusal that may be asked again. */
export async function decideGrant(
  { decisions, log }: { decisions: TrackerDecisions; log: Logger },
  connection: ServerConnection,
  client: TrackerClientView,
  request: GrantRequest,
): Promise<{ offset?: number; length: number; reason?: string; message?: string }> {
  if (connection.pendingGrants >= MAX_PENDING_GRANTS) {
    return { length: 0, reason: 'TooManyRequests', message: 'too many grants asked for at once' }
  }
  connection.pendingGrants += 1
  try {
    return await decisions.grant(client, request, connection.signal)
  } catch (error) {
    if (!connection.signal.aborted) log.warn({ err: error, peerId: client.peerId }, 'grant failed')
    return {
      length: 0,
      reason: 'Unavailable',
      message: 'the operator could not write the grant down now',
    }
  } finally {
    connection.pendingGrants -= 1
  }
}
