// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SecureVersion } from 'node:tls'
import { destinationRules } from '@patchswarm/swarm/destination'
import { type OriginAccess, readOrigin } from '@patchswarm/swarm/origin'
import { openStore, type Store } from '@patchswarm/swarm/store'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, onTestFailed, test, vi } from 'vitest'
import { createCertificates } from '../../lab/src/control-plane/certificates.ts'
import { Fleet } from './support/fleet.ts'

const log = pino({ level: 'silent' })
const content = randomBytes(600_000)
const sha256 = createHash('sha256').update(content).digest('hex')
const login = { authorization: `Basic ${Buffer.from('ann:s3cret-word').toString('base64')}` }
let folder: string
let store: Store
let tls: { key: string; cert: string }
let caBundle: string
let times = 0
const servers: Server[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchswarm-access-'))
  store = await openStore(join(folder, 'store'), { log })
  const certificates = await createCertificates(join(folder, 'ca'), ['localhost', '127.0.0.1'])
  const [key, cert] = await Promise.all(
    [certificates.servingKeyFile, certificates.servingCertFile].map((file) => readFile(file, 'utf8')),
  )
  tls = { key: key!, cert: cert! }
  caBundle = await readFile(certificates.caFile, 'utf8')
})

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

async function listen(server: Server): Promise<string> {
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const https = async (listener: RequestListener, maxVersion: SecureVersion = 'TLSv1.3'): Promise<string> =>
  `https://${await listen(createTlsServer({ ...tls, maxVersion }, listener) as unknown as Server)}/file.bin`

const send: RequestListener = (request, response) => {
  response.writeHead(200, { 'content-length': content.length, 'accept-ranges': 'none' })
  response.end(request.method === 'HEAD' ? undefined : content)
}

const guarded: RequestListener = (request, response) => {
  if (request.headers.authorization === login.authorization) send(request, response)
  else response.writeHead(401).end()
}

async function read(
  source: { url: string; headers?: Record<string, string>; caBundle?: string; proxy?: string },
  access: { allowedDomains?: string[]; tlsMinVersion?: OriginAccess['tlsMinVersion'] } = {},
): Promise<string> {
  const { allowedDomains = ['*', '127.0.0.0/8', '::1'], tlsMinVersion = 'TLSv1.2' } = access
  const rules = destinationRules({ allowedDomains, clusterNetworks: [] })
  times += 1
  const artifact = await store.open(createHash('sha256').update(String(times)).digest())
  const { ingest } = await readOrigin({
    sources: [source],
    access: () => ({ rules, tlsMinVersion }),
    grant: async ({ length }) => ({ length, reason: '', message: '' }),
    beginIngest: (size, signal) => artifact.beginIngest(size, 262_144, signal),
    signal: AbortSignal.timeout(20_000),
    log,
    maxFutileTries: 1,
  })
  return (await ingest.finish(undefined)).sha256
}

test('a server of a private authority is trusted by its certificate, and by nothing else', async () => {
  const url = await https(send)
  expect(await read({ url, caBundle })).toBe(sha256)
  await expect(read({ url })).rejects.toThrow(/self-signed certificate|unable to verify/)
})

test('a server that speaks too old a version of TLS is not spoken to', async () => {
  const url = await https(send, 'TLSv1.2')
  expect(await read({ url, caBundle })).toBe(sha256)
  const refused = read({ url, caBundle }, { tlsMinVersion: 'TLSv1.3' })
  await expect(refused).rejects.toMatchObject({ reason: 'OriginUnreachable' })
})

test('a login is sent to the host of the URL, and not to another one that it redirects to', async () => {
  const heard: IncomingMessage['headers'][] = []
  const other = await https((request, response) => {
    heard.push(request.headers)
    send(request, response)
  })
  const url = await https((request, response) => {
    if (request.headers.authorization !== login.authorization) response.writeHead(401).end()
    else if (request.url === '/file.bin') response.writeHead(307, { location: '/moved' }).end()
    else response.writeHead(307, { location: other }).end()
  })
  expect(await read({ url, caBundle, headers: login })).toBe(sha256)
  expect(heard.length).toBeGreaterThan(0)
  for (const headers of heard) expect(JSON.stringify(headers)).not.toContain(login.authorization)
  await expect(read({ url, caBundle })).rejects.toThrow('answers 401')
})

test('a proxy leads to the source, sees nothing of what is sent by TLS, and must be allowed itself', async () => {
  const url = (await https(guarded)).replace('127.0.0.1', 'mirror.invalid')
  const asked: unknown[] = []
  const proxy = createServer((_request, response) => response.writeHead(405).end())
  proxy.on('connect', (request, socket) => {
    asked.push([request.url, request.headers])
    // Only the proxy knows where the name leads to.
    const target = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.pipe(socket).pipe(target)
    })
    for (const end of [target, socket]) end.on('error', () => {})
  })
  const through = `http://${await listen(proxy)}`
  // The certificate is for other names, which shows that TLS goes through to the source.
  await expect(read({ url, caBundle, headers: login, proxy: through })).rejects.toThrow('mirror.invalid')
  const local = url.replace('mirror.invalid', 'localhost')
  expect(await read({ url: local, caBundle, headers: login, proxy: through })).toBe(sha256)
  expect(JSON.stringify(asked)).toContain('mirror.invalid:')
  expect(JSON.stringify(asked)).not.toContain(login.authorization)
  const before = asked.length
  for (const allowedDomains of [[], ['localhost'], ['mirror.invalid', 'localhost']]) {
    const refused = read({ url: local, caBundle, proxy: through }, { allowedDomains })
    await expect(refused).rejects.toMatchObject({ reason: 'SourceForbidden' })
  }
  expect(asked).toHaveLength(before)
})

test('the seeder reads with a login, writes it nowhere, says what file it got, and reads what was brought by hand', async () => {
  const fleet = await Fleet.start()
  onTestFailed(() => fleet.printLogs())
  try {
    const file = await fleet.file(600_000)
    const behind: RequestListener = async (request, response) => {
      if (request.headers.authorization !== login.authorization) return void response.writeHead(401).end()
      const { method = 'GET', headers } = request
      const { range } = headers
      const answer = await fetch(file.origin.url, { method, headers: { ...(range && { range }) } })
      response.writeHead(answer.status, Object.fromEntries(answer.headers))
      response.end(Buffer.from(await answer.arrayBuffer()))
    }
    const url = await https(behind)
    await fleet.add('seeder', 'seeder', {
      PATCHSWARM_LOG_LEVEL: 'trace',
      PATCHSWARM_IMPORT_DIR: fleet.folder,
    })
    const brought = await fleet.file(700_000)
    fleet.wish = { file: brought, deliverTo: [], source: { url: 'file:///import/origin-1.bin' } }
    await vi.waitFor(() => expect(fleet.artifact('seeder', brought)?.state).toBe('Complete'), 20_000)
    expect(brought.origin.counters.requests).toBe(0)
    // Without the login first, so that something goes wrong and is logged.
    fleet.wish = { file, deliverTo: [], source: { url, caBundle } }
    await vi.waitFor(() => expect(fleet.artifact('seeder')?.message).toContain('answers 401'), 20_000)
    // Nobody knows the digest: what is read first is told.
    fleet.wish = { file, deliverTo: [], source: { url, caBundle, headers: login }, digest: '' }
    await vi.waitFor(() => expect(fleet.artifact('seeder')?.sha256).toBe(file.sha256), 20_000)
    fleet.wish = { file, deliverTo: [], source: { url, caBundle, headers: login } }
    await vi.waitFor(() => expect(fleet.artifact('seeder')?.state).toBe('Complete'), 20_000)
    await fleet.programs.get('seeder')?.kill('SIGTERM')
    for (const name of await readdir(fleet.folder, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue
      const bytes = await readFile(join(name.parentPath, name.name))
      for (const secret of [login.authorization, 's3cret-word', login.authorization.slice(6)]) {
        expect(bytes.includes(secret), `${name.name} holds ${secret}`).toBe(false)
        // As the memory of the tracker's word is written.
        for (const shift of ['', 'x', 'xx']) {
          const inside = Buffer.from(shift + secret)
            .toString('base64')
            .slice(4, -4)
          expect(bytes.includes(inside), `${name.name} holds ${secret} in base64`).toBe(false)
        }
      }
    }
  } finally {
    await fleet.stop()
  }
})
