// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

/** Undefined when all is well, else a sentence that says what is not. */
export type Check = () => string | undefined | Promise<string | undefined>

export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>

export interface HttpServerOptions {
  address: string
  /** 0 takes a free one. */
  port: number
  /** For /healthz: a failing one has the Pod started again. */
  health?: Readonly<Record<string, Check>>
  /** For /readyz. */
  ready?: Readonly<Record<string, Check>>
  /** For /metrics. */
  registry: Registry
  /** More paths, matched exactly, GET only. */
  routes?: Readonly<Record<string, Route>>
  log?: Logger
}

export interface HttpServer {
  /** @throws the socket's error when the address is taken or not ours. */
  start(): Promise<{ address: string; port: number }>
  /** Answers under way are finished for at most a second. Safe to call twice. */
  stop(): Promise<void>
}

const STOP_GRACE_MS = 1000

/** Serves health, readiness and metrics. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const routes: Record<string, Route> = {
    ...options.routes,
    '/healthz': (_request, response) => answerChecks(response, options.health ?? {}),
    '/readyz': (_request, response) => answerChecks(response, options.ready ?? {}),
    '/metrics': async (_request, response) => {
      const text = await options.registry.metrics()
      answer(response, 200, text, options.registry.contentType)
    },
  }
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    handle(routes, request, response).catch((error: unknown) => {
      options.log?.error({ err: error, path: request.url }, 'request failed')
      if (response.headersSent) response.destroy()
      else answer(response, 500, 'internal error\n')
    })
  })
  return {
    async start() {
      server.listen(options.port, options.address)
      await once(server, 'listening')
      const { address, port } = server.address() as AddressInfo
      return { address, port }
    },
    stop: () => stop(server),
  }
}

async function handle(
  routes: Record<string, Route>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const route = Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined
  if (!route) return answer(response, 404, 'not found\n')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return answer(response, 405, 'only GET\n')
  }
  await route(request, response, url)
}

/** One line a check, as Kubernetes' own components answer. */
async function answerChecks(
  response: ServerResponse,
  checks: Readonly<Record<string, Check>>,
): Promise<void> {
  const problems = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await problemOf(check)] as const),
  )
  const lines = problems.map(([name, problem]) => (problem ? `[-] ${name}: ${problem}` : `[+] ${name}`))
  const failed = problems.some(([, problem]) => problem)
  answer(response, failed ? 503 : 200, [...lines, failed ? 'failed' : 'ok', ''].join('\n'))
}

async function problemOf(check: Check): Promise<string | undefined> {
  try {
    return await check()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function answer(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  const timer = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS)
  await closed
  clearTimeout(timer)
}
