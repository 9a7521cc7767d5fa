// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Artifact } from '@patchswarm/swarm/tracker'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { originAccess } from './origin-parts.ts'
import { type FoundSignature, SignatureFetch } from './signature-fetch.ts'

const log = pino({ level: 'silent' })
const bytes = Buffer.concat([Buffer.from([0x30, 0xff]), randomBytes(69)])
const headers = { authorization: 'Bearer secret' }
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function fetched(
  signatureUrl: string,
  sourceUrl: string,
  allowed = '127.0.0.1',
): Promise<FoundSignature> {
  const said = { allowedDomains: [allowed], clusterNetworks: [], tlsMinVersion: '' }
  const access = originAccess({ $typeName: 'patchswarm.tracker.v1.OriginAccess', ...said })
  const fetch = new SignatureFetch({ access: () => access, log })
  const wish = { origin: { signatureUrl, sources: [{ url: sourceUrl, headers }] } } as unknown as Artifact
  await new Promise<void>((resolve) => fetch.want(wish, resolve))
  const { found } = fetch
  fetch.stop()
  return found
}

test.for([
  { name: 'bytes', body: bytes },
  { name: 'base64', body: Buffer.from(bytes.toString('base64')) },
  { name: 'base64 on lines', body: Buffer.from(`${bytes.toString('base64').replace(/.{64}/, '$&\n')}\n`) },
])('a signature in $name is told in base64', async ({ body }) => {
  const home = await serve((_request, response) => response.end(body))
  const found = await fetched(`${home}/a.sig`, `${home}/a`)
  expect(found).toEqual({ signature: bytes.toString('base64'), signatureError: '' })
})

test.for<{ name: string; listener: RequestListener; allowed?: string; says: RegExp }>([
  {
    name: 'is not there',
    listener: (_, response) => response.writeHead(404).end(),
    says: /a.sig answers 404$/,
  },
  {
    name: 'is too long',
    listener: (_, response) => response.end(randomBytes(2000)),
    says: /more than 1024 bytes$/,
  },
  {
    name: 'is where no source may be',
    listener: (_, response) => response.end(bytes),
    allowed: 'example.com',
    says: /not named in spec.origin.allowedDomains/,
  },
])('one that $name is told as an error', async ({ listener, allowed, says }) => {
  const home = await serve(listener)
  const found = await fetched(`${home}/a.sig`, `${home}/a`, allowed)
  expect(found).toEqual({ signature: '', signatureError: expect.stringMatching(says) })
})

test('the login of a source is used beside it, and nowhere else', async () => {
  const heard: IncomingHttpHeaders[] = []
  const home = await serve((request, response) => {
    heard.push(request.headers)
    response.end(bytes)
  })
  await fetched(`${home}/a.sig`, `${home}/a`)
  await fetched(`${home}/a.sig`, 'http://127.0.0.1:1/a')
  expect(heard.map(({ authorization }) => authorization)).toEqual(['Bearer secret', undefined])
})
