// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'

export interface AdminInit {
  address: string
  port: number
  registry: Registry
  /** Empty when work can be taken; else why not. */
  notReady(): string
  /** What /state shows, as JSON. */
  state(): unknown
}

export interface AdminServer {
  readonly port: number
  stop(): Promise<void>
}

/** Health, readiness, metrics and local state for the kubelet, Prometheus and people. Read only. */
export async function startAdminServer(init: AdminInit): Promise<AdminServer> {
  const server = createServer((request, response) => {
    void answer(init, request.method ?? '', request.url ?? '', response).catch(() => response.destroy())
  })
  server.listen(init.port, init.address)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(init: AdminInit, method: string, url: string, response: ServerResponse): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'only GET is answered\n')
  const path = url.split('?', 1)[0]
  if (path === '/healthz') return send(response, 200, 'ok\n')
  if (path === '/readyz') {
    const why = init.notReady()
    return send(response, why === '' ? 200 : 503, why === '' ? 'ok\n' : `${why}\n`)
  }
  if (path === '/metrics')
    return send(response, 200, await init.registry.metrics(), init.registry.contentType)
  if (path === '/state')
    return send(response, 200, `${JSON.stringify(init.state(), undefined, 2)}\n`, 'application/json')
  send(response, 404, 'not found: there are /healthz, /readyz, /metrics and /state\n')
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
