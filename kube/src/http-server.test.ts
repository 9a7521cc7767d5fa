// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { Counter, Registry } from 'prom-client'
import { afterEach, expect, test } from 'vitest'
import { createHttpServer, type HttpServer, type HttpServerOptions } from './http-server.ts'

let server: HttpServer | undefined
afterEach(async () => {
  await server?.stop()
})

async function serve(options: Partial<HttpServerOptions> = {}) {
  server = createHttpServer({ address: '127.0.0.1', port: 0, registry: new Registry(), ...options })
  const { port } = await server.start()
  return (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init)
}

test('health and readiness are separate, and name what is wrong', async () => {
  let synced = false
  const get = await serve({
    health: { loop: () => undefined },
    ready: {
      informers: () => (synced ? undefined : 'not synced yet'),
      disk: async () => undefined,
    },
  })
  expect((await get('/healthz')).status).toBe(200)
  const notReady = await get('/readyz')
  expect(notReady.status).toBe(503)
  expect(await notReady.text()).toBe('[-] informers: not synced yet\n[+] disk\nfailed\n')
  synced = true
  expect((await get('/readyz')).status).toBe(200)
})

test('a check that throws has failed', async () => {
  const get = await serve({
    ready: {
      broken() {
        throw new Error('a bug')
      },
    },
  })
  const answer = await get('/readyz')
  expect([answer.status, await answer.text()]).toEqual([503, '[-] broken: a bug\nfailed\n'])
})

test('metrics are those of the registry', async () => {
  const registry = new Registry()
  new Counter({ name: 'seen_total', help: 'Seen.', registers: [registry] }).inc(3)
  const get = await serve({ registry })
  const answer = await get('/metrics')
  expect(answer.headers.get('content-type')).toContain('text/plain')
  expect(await answer.text()).toContain('seen_total 3')
})

test.for([
  { name: 'an unknown path', path: '/nothing', method: 'GET', status: 404 },
  { name: 'a path of every object', path: '/__proto__', method: 'GET', status: 404 },
  { name: 'a method that would change something', path: '/healthz', method: 'POST', status: 405 },
  { name: 'a route that fails', path: '/broken', method: 'GET', status: 500 },
  { name: 'a route of the program', path: '/state?x=1', method: 'GET', status: 200 },
])('$name is answered with $status', async ({ path, method, status }) => {
  const get = await serve({
    routes: {
      '/broken': async () => {
        throw new Error('a bug')
      },
      '/state': (_request, response, url) => void response.end(url.searchParams.get('x')),
    },
  })
  expect((await get(path, { method })).status).toBe(status)
})

test('a port that is taken is an error at the start', async () => {
  server = createHttpServer({ address: '127.0.0.1', port: 0, registry: new Registry() })
  const { port } = await server.start()
  const second = createHttpServer({ address: '127.0.0.1', port, registry: new Registry() })
  await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await second.stop()
})

test('stopping closes connections that are kept open, and may be repeated', async () => {
  const get = await serve()
  await get('/healthz')
  await server?.stop()
  await server?.stop()
  await expect(get('/healthz')).rejects.toThrow()
})
