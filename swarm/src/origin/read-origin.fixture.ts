// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect } from 'vitest'
import { destinationRules } from '../destination/index.ts'
import { openStore } from '../store/index.ts'
import type { Store, StoredArtifact } from '../store/types.ts'
import { type ReadOriginOptions, readOrigin } from './read-origin.ts'
import { SourceBook, type SourceHealth } from './source-book.ts'

const log = pino({ level: 'silent' })
export const CHUNK = 256 * 1024
export const content = randomBytes(5 * CHUNK + 1000)
export const sha256 = createHash('sha256').update(content).digest('hex')

type Handler = (request: IncomingMessage, response: ServerResponse) => void

let folder: string
let store: Store
export let artifact: StoredArtifact
const servers: Server[] = []

/** A store and servers of its own for each test of the file that calls it. */
export function givenStore(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patchswarm-origin-'))
    store = await openStore(folder, { log })
    artifact = await store.open(new Uint8Array(32).fill(1))
  })

  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
    await store.close()
    await rm(folder, { recursive: true })
  })
}

export async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`
}

/** [start, end] of the Range header, both included. */
export function rangeOf(request: IncomingMessage, length = content.length): [number, number] | undefined {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  return match === null ? undefined : [Number(match[1]), Math.min(Number(match[2]), length - 1)]
}

/** What a good origin does; a test overrides what its bad one does otherwise. */
export function good(
  request: IncomingMessage,
  response: ServerResponse,
  { body = content, etag = '"v1"' } = {},
): void {
  const ifRange = request.headers['if-range']
  const range = ifRange === undefined || ifRange === etag ? rangeOf(request, body.length) : undefined
  const [start, end] = range ?? [0, body.length - 1]
  response.writeHead(range === undefined ? 200 : 206, {
    etag,
    'accept-ranges': 'bytes',
    'content-length': end - start + 1,
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${body.length}` }),
  })
  if (request.method === 'HEAD') response.end()
  else response.end(body.subarray(start, end + 1))
}

interface Run {
  read: number
  granted: { offset: number; length: number; totalSize: number }[]
}

/** The test's servers are on this machine. */
export const loopback = {
  rules: destinationRules({ allowedDomains: ['127.0.0.1'], clusterNetworks: [] }),
  tlsMinVersion: 'TLSv1.2',
} as const

/** Reads all with grants of at most two chunks; the tracker gives no more than `budget` bytes. */
export async function read(
  sources: string[],
  options: Partial<ReadOriginOptions> & { budget?: number; step?: number } = {},
): Promise<Run & { sha256: string; mixed: boolean; health: SourceHealth[] }> {
  const { budget = Infinity, step = 2 * CHUNK, book = new SourceBook(), ...rest } = options
  const run = observe(budget, step)
  const result = await readOrigin({
    sources: sources.map((url) => ({ url })),
    access: () => loopback,
    book,
    grant: run.grant,
    beginIngest: (size, signal) => artifact.beginIngest(size, CHUNK, signal),
    onRead: run.onRead,
    signal: AbortSignal.timeout(20_000),
    log,
    inactivityMs: 300,
    backoff: { baseMs: 1, capMs: 5 },
    ...rest,
  })
  const finished = await result.ingest.finish(undefined)
  return { ...run, read: run.total(), sha256: finished.sha256, mixed: result.mixed, health: book.list() }
}

export function observe(budget: number, step: number) {
  let total = 0
  let left = budget
  const granted: Run['granted'] = []
  return {
    granted,
    total: () => total,
    onRead: (bytes: number) => {
      total += bytes
      // Never a byte without a grant, at any moment.
      expect(total).toBeLessThanOrEqual(granted.reduce((sum, grant) => sum + grant.length, 0))
    },
    grant: async (request: Run['granted'][number]) => {
      if (request.totalSize > 0) {
        expect(request.offset + request.length).toBeLessThanOrEqual(request.totalSize)
      }
      const length = Math.min(request.length, step, left)
      left -= length
      granted.push({ ...request, length })
      return length > 0
        ? { length, reason: '', message: '' }
        : { length: 0, reason: 'OriginBudgetExhausted', message: `${budget} bytes were granted` }
    },
  }
}
