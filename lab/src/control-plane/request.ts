// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { request } from 'node:https'

/** Where and as whom the control plane asks its own API server, before any client library is at hand. */
export interface AdminAccess {
  server: string
  caPem: string
  certPem: string
  keyPem: string
}

export interface Answer {
  status: number
  body: string
}

/** One call; rejects only when there is no answer at all. */
export function callApi(
  access: AdminAccess,
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const call = request(
    new URL(path, access.server),
    {
      method,
      ca: access.caPem,
      cert: access.certPem,
      key: access.keyPem,
      headers: { 'content-type': 'application/json' },
      agent: false,
      timeout: 5000,
      ...(signal && { signal }),
    },
    (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.once('error', reject)
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }),
      )
    },
  )
  call.once('error', reject)
  call.once('timeout', () => call.destroy(new Error(`no answer to ${method} ${path} within 5 s`)))
  call.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}
