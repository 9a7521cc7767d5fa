// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { abortReason } from './abort.ts'
import { KubeError } from './kube-error.ts'

export interface HttpCall {
  method: string
  /** With the query. */
  path: string
  body?: string
  contentType?: string
  /** Ends the call and the stream of its answer. */
  signal: AbortSignal
}

/** Sends one call with the kubeconfig's TLS and credentials; resolves with the head of the answer, its body still to come. */
export type Transport = (call: HttpCall) => Promise<IncomingMessage>

/** The API server closes connections that were idle for 90 s; ours must be the first to let go. */
const IDLE_SOCKET_MS = 60_000
/** A peer that vanished without a word is found out after this and ten probes of a second each. */
const KEEP_ALIVE_PROBE_MS = 10_000

export function createTransport(kubeConfig: KubeConfig, userAgent: string): Transport {
  const cluster = kubeConfig.getCurrentCluster()
  if (!cluster) throw new TypeError('the kubeconfig has no current cluster')
  const agentFor = createAgents(Boolean(cluster.proxyUrl))
  const base = new URL(cluster.server)
  const prefix = base.pathname.replace(/\/$/, '')
  const send = base.protocol === 'http:' ? httpRequest : httpsRequest

  return async ({ method, path, body, contentType, signal }) => {
    const options = await credentials(kubeConfig)
    const headers: Record<string, string | number> = {
      ...(options.headers as Record<string, string> | undefined),
      accept: 'application/json',
      'user-agent': userAgent,
    }
    if (body !== undefined) {
      headers['content-type'] = contentType ?? 'application/json'
      headers['content-length'] = Buffer.byteLength(body)
    }
    const full: RequestOptions = {
      method,
      headers,
      signal,
      agent: agentFor(options),
      ...(options.auth != null && { auth: options.auth }),
    }
    return await perform(() => send(new URL(prefix + path, base), full), { method, path, body, signal })
  }
}

type Pending = ReturnType<typeof httpsRequest>

/** A connection that the server closed while it lay idle says nothing about the call: it is sent once more, except a POST. */
async function perform(
  start: () => Pending,
  call: { method: string; path: string; body: string | undefined; signal: AbortSignal },
): Promise<IncomingMessage> {
  for (let attempt = 0; ; attempt++) {
    if (call.signal.aborted) throw abortReason(call.signal)
    const request = start()
    try {
      return await answerTo(request, call.body)
    } catch (error) {
      if (call.signal.aborted) throw abortReason(call.signal)
      const stale = request.reusedSocket && call.method !== 'POST'
      if (!stale || attempt > 0) throw unreachable(call, error)
    }
  }
}

function answerTo(request: Pending, body: string | undefined): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request.once('response', resolve)
  // Stays after the answer: an abort in the middle of the body is reported here, too.
  request.on('error', reject)
  request.end(body)
  return promise
}

function unreachable(call: { method: string; path: string }, cause: unknown): KubeError {
  const why = cause instanceof Error ? cause.message || cause.name : String(cause)
  return new KubeError(
    0,
    'Unreachable',
    `${call.method} ${call.path}: no answer from the API server: ${why}`,
    { cause },
  )
}

/** Tokens and certificates are asked for at every call, since both are replaced while the program runs. */
async function credentials(kubeConfig: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = { headers: {} }
  await kubeConfig.applyToHTTPSOptions(options)
  const headers = options.headers as Record<string, string>
  // A token file may end with a newline, which no header may hold.
  if (headers.Authorization) headers.Authorization = headers.Authorization.trim()
  return options
}

/** One keep-alive agent, made again when the certificates have changed; a proxy's agent is the client library's. */
function createAgents(proxied: boolean): (options: RequestOptions) => HttpAgent {
  let current: { fingerprint: string; agent: HttpAgent } | undefined
  return (options) => {
    if (proxied || (options.agent && !(options.agent instanceof HttpsAgent)))
      return options.agent as HttpAgent
    const { ca, cert, key, rejectUnauthorized, servername } = options
    const fingerprint = [ca, cert, key].map(String).join('\n')
    if (current?.fingerprint !== fingerprint) {
      // Calls in flight keep the old agent's sockets, which close when idle.
      const agent = new HttpsAgent({
        keepAlive: true,
        keepAliveMsecs: KEEP_ALIVE_PROBE_MS,
        timeout: IDLE_SOCKET_MS,
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
        ...(servername !== undefined && { servername }),
      })
      current = { fingerprint, agent }
    }
    return current.agent
  }
}
