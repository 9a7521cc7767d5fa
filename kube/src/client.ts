// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { IncomingMessage } from 'node:http'
import type { KubeConfig } from '@kubernetes/client-node'
import { abortReason } from './abort.ts'
import { createDeadline } from './deadline.ts'
import { KubeError, kubeErrorFrom } from './kube-error.ts'
import { readLines } from './lines.ts'
import { createResourceClient } from './resource-client.ts'
import { createTransport, type Transport } from './transport.ts'
import type { Client } from './types.ts'

export interface ClientOptions {
  kubeConfig: KubeConfig
  /** Names us in managedFields; all our writes carry it. */
  fieldManager: string
  /** A call without an answer fails after this (KubeError "Timeout"); default 30 s. */
  timeoutMs?: number
}

export interface CallOptions {
  contentType?: string
  signal?: AbortSignal
}

/** A `Client` that can also watch. */
export interface KubeClient extends Client {
  readonly fieldManager: string
  request<R>(method: string, path: string, body?: unknown, options?: CallOptions): Promise<R>
  /**
   * The lines of an answer that does not end, such as a watch. `signal` ends it; the time-out holds for the head of
   * the answer only.
   *
   * @throws KubeError when the call is refused, here, or breaks off, while iterating.
   */
  stream(path: string, signal: AbortSignal): Promise<AsyncIterable<string>>
}

/** JSON in and out over the kubeconfig's TLS and credentials, for any kind. */
export function createClient({ kubeConfig, fieldManager, timeoutMs = 30_000 }: ClientOptions): KubeClient {
  const transport = createTransport(kubeConfig, `${fieldManager} (node ${process.version})`)

  const client: KubeClient = {
    fieldManager,
    for: (resource) => createResourceClient(client, resource),
    request: (method, path, body, options) => callForJson(transport, timeoutMs, method, path, body, options),
    stream: (path, signal) => openStream(transport, timeoutMs, path, signal),
  }
  return client
}

async function callForJson<R>(
  transport: Transport,
  timeoutMs: number,
  method: string,
  path: string,
  body: unknown,
  { contentType, signal }: CallOptions = {},
): Promise<R> {
  const call = `${method} ${path}`
  using deadline = createDeadline(timeoutMs, signal)
  try {
    const response = await transport({
      method,
      path,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(contentType && { contentType }),
      signal: deadline.signal,
    })
    const text = await readAll(response)
    if (!succeeded(response)) throw refusal(call, response, text)
    return (text === '' ? undefined : JSON.parse(text)) as R
  } catch (error) {
    throw explain(error, call, timeoutMs, deadline.expired, signal)
  }
}

async function openStream(
  transport: Transport,
  timeoutMs: number,
  path: string,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const call = `GET ${path}`
  const head = new AbortController()
  const timer = setTimeout(() => head.abort(), timeoutMs)
  try {
    const response = await transport({ method: 'GET', path, signal: AbortSignal.any([signal, head.signal]) })
    if (succeeded(response)) return readLines(response, call, signal)
    throw refusal(call, response, await readAll(response))
  } catch (error) {
    throw explain(error, call, timeoutMs, head.signal.aborted, signal)
  } finally {
    clearTimeout(timer)
  }
}

/** The caller's abort stays what it is; everything else becomes a KubeError. */
function explain(
  error: unknown,
  call: string,
  timeoutMs: number,
  expired: boolean,
  signal: AbortSignal | undefined,
): Error {
  if (signal?.aborted) return abortReason(signal)
  if (error instanceof KubeError) return error
  if (expired)
    return new KubeError(0, 'Timeout', `${call}: no answer within ${timeoutMs} ms`, { cause: error })
  const why = error instanceof Error ? error.message : String(error)
  return new KubeError(0, 'Unreachable', `${call}: the answer broke off: ${why}`, { cause: error })
}

const succeeded = ({ statusCode = 0 }: IncomingMessage) => statusCode >= 200 && statusCode < 300

function refusal(call: string, response: IncomingMessage, text: string): KubeError {
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN)
  return kubeErrorFrom(call, response.statusCode ?? 0, text, Number.isFinite(seconds) ? seconds : undefined)
}

async function readAll(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  const parts: string[] = []
  for await (const part of response) parts.push(part as string)
  return parts.join('')
}
