// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { destinationRules } from '../destination/index.ts'
import { Pacer } from '../limits/pace.ts'
import { openStore } from '../store/index.ts'
import type { Store, StoredArtifact } from '../store/types.ts'
import { type ReadOriginOptions, readOrigin } from './read-origin.ts'
import { SourceBook, type SourceHealth } from './source-book.ts'

const log = pino({ level: 'silent' })
const CHUNK = 256 * 1024
const content = randomBytes(5 * CHUNK + 1000)
const sha256 = createHash('sha256').update(content).digest('hex')

type Handler = (request: IncomingMessage, response: ServerResponse) => void

let folder: string
let store: Store
let artifact: StoredArtifact
const servers: Server[] = []

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

async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`
}

/** [start, end] of the Range header, both included. */
function rangeOf(request: IncomingMessage, length = content.length): [number, number] | undefined {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  return match === null ? undefined : [Number(match[1]), Math.min(Number(match[2]), length - 1)]
}

/** What a good origin does; a test overrides what its bad one does otherwise. */
function good(
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
const loopback = {
  rules: destinationRules({ allowedDomains: ['127.0.0.1'], clusterNetworks: [] }),
  tlsMinVersion: 'TLSv1.2',
} as const

/** Reads all with grants of at most two chunks; the tracker gives no more than `budget` bytes. */
async function read(
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

function observe(budget: number, step: number) {
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

test('a limit is kept to while reading', async () => {
  const url = await serve(good)
  const pace = new Pacer()
  pace.setRate(4 * content.length)
  const startedAt = performance.now()
  const { sha256: found } = await read([url], { pace })
  expect(performance.now() - startedAt).toBeGreaterThan(180)
  expect(found).toBe(sha256)
})

describe('a good origin', () => {
  test('is read once, by ranges, with no byte more than the file has', async () => {
    const ranges: (string | undefined)[] = []
    const url = await serve((request, response) => {
      if (request.method === 'GET') ranges.push(request.headers.range)
      good(request, response)
    })
    const run = await read([url])
    expect(run).toMatchObject({ sha256, read: content.length, mixed: false })
    expect(ranges.length).toBeGreaterThan(1)
    expect(run.granted[0]).toMatchObject({ offset: 0, totalSize: content.length })
    expect(run.health).toEqual([{ url, reachable: true, lastError: '', latencyMs: expect.any(Number) }])
    expect(run.health[0]?.latencyMs).toBeGreaterThan(0)
    expect(await readFile(artifact.dataPath)).toEqual(content)
  })

  test('with an empty file gives an empty file without a byte read', async () => {
    const url = await serve((request, response) => good(request, response, { body: Buffer.alloc(0) }))
    expect(await read([url])).toMatchObject({ read: 0, sha256: createHash('sha256').digest('hex') })
  })

  test('may redirect', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/file.bin') response.writeHead(302, { location: '/there' }).end()
      else good(request, response)
    })
    expect(await read([url])).toMatchObject({ sha256, read: content.length })
  })

  test('may refuse HEAD: one byte tells the size', async () => {
    const url = await serve((request, response) => {
      if (request.method === 'HEAD') response.writeHead(403).end()
      else good(request, response)
    })
    expect(await read([url])).toMatchObject({ sha256, read: content.length + 1 })
  })

  test('may know neither ranges nor its length', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200)
      response.end(request.method === 'HEAD' ? undefined : content)
    })
    expect(await read([url])).toMatchObject({ sha256, read: content.length })
  })

  test('without ranges is read from the beginning after a break', async () => {
    let breaks = 1
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-length': content.length, 'accept-ranges': 'none' })
      if (request.method === 'HEAD') response.end()
      else if (breaks-- > 0)
        response.write(content.subarray(0, 3 * CHUNK), () => setTimeout(() => response.destroy(), 50))
      else response.end(content)
    })
    const run = await read([url])
    expect(run.sha256).toBe(sha256)
    expect(run.read).toBeGreaterThan(content.length)
  })

  test('is read on from where an earlier process stopped', async () => {
    const url = await serve((request, response) => good(request, response))
    const before = await artifact.beginIngest(content.length, CHUNK)
    await before.write(content.subarray(0, 2 * CHUNK + 10))
    await before.close()
    const run = await read([url], { pins: new Map([[url, { etag: '"v1"' }]]) })
    expect(run).toMatchObject({ sha256, read: content.length - 2 * CHUNK, mixed: true })
  })

  test('that was replaced since an earlier process stopped is read from the beginning', async () => {
    const url = await serve((request, response) => good(request, response))
    const before = await artifact.beginIngest(content.length, CHUNK)
    await before.write(randomBytes(2 * CHUNK))
    await before.close()
    const run = await read([url], { pins: new Map([[url, { etag: '"v0"' }]]) })
    expect(run).toMatchObject({ sha256, read: content.length })
  })
})

describe('an origin that breaks off', () => {
  test('is asked for the rest only', async () => {
    let breaks = 3
    const url = await serve((request, response) => {
      const range = rangeOf(request)
      if (request.method === 'HEAD' || range === undefined || breaks-- <= 0) return good(request, response)
      const [start, end] = range
      response.writeHead(206, {
        etag: '"v1"',
        'content-length': end - start + 1,
        'content-range': `bytes ${start}-${end}/${content.length}`,
      })
      response.write(content.subarray(start, start + 5000), () => setTimeout(() => response.destroy(), 30))
    })
    expect(await read([url])).toMatchObject({ sha256, read: content.length })
  })

  test('every time is given up as OriginUnreachable, which says where it broke', async () => {
    const url = await serve((request, response) => {
      if (request.method === 'HEAD') return good(request, response)
      response.writeHead(206, { 'content-range': `bytes 0-9/${content.length}`, 'content-length': 10 })
      response.flushHeaders()
      setTimeout(() => response.destroy(), 10)
    })
    await expect(read([url])).rejects.toMatchObject({
      name: 'OriginError',
      reason: 'OriginUnreachable',
      message: `${url}: the connection was closed before the end`,
    })
  })

  test('keeps what it gave for the next time', async () => {
    let [fragile, down] = [true, false]
    const url = await serve((request, response) => {
      if (down) return void response.writeHead(500).end()
      good(request, response)
      down = fragile && request.method === 'GET'
    })
    await expect(read([url])).rejects.toMatchObject({ reason: 'OriginUnreachable' })
    fragile = down = false
    const run = await read([url])
    expect(run.sha256).toBe(sha256)
    expect(run.read).toBeLessThan(content.length)
  })
})

describe('an origin that is away', () => {
  test.for([
    { name: '404', answers: 404, tries: 1 },
    { name: '500', answers: 500, tries: 4 },
  ])('with $name is OriginUnreachable after $tries tries', async ({ answers, tries }) => {
    const seen = vi.fn()
    const url = await serve((request, response) => {
      if (request.method === 'GET') seen()
      response.writeHead(answers).end()
    })
    await expect(read([url])).rejects.toMatchObject({
      reason: 'OriginUnreachable',
      message: `${url} answers ${answers}`,
    })
    expect(seen).toHaveBeenCalledTimes(tries)
  })

  test('for a moment is waited for', async () => {
    let failures = 2
    const url = await serve((request, response) => {
      if (failures-- > 0) response.writeHead(503).end()
      else good(request, response)
    })
    expect(await read([url])).toMatchObject({ sha256 })
  })

  test('because nobody listens is OriginUnreachable', async () => {
    await expect(read(['http://127.0.0.1:9/file.bin'])).rejects.toMatchObject({ reason: 'OriginUnreachable' })
  })

  test('hanging is given up by inactivity, before its answer and in the middle of it', async () => {
    const silent = await serve(() => {})
    const halting = await serve((request, response) => {
      if (request.method === 'HEAD') return good(request, response)
      response.writeHead(206, { 'content-range': `bytes 0-99/${content.length}`, 'content-length': 100 })
      response.flushHeaders()
    })
    const impatient = { inactivityMs: 60, maxFutileTries: 1 }
    await Promise.all([
      expect(read([silent], impatient)).rejects.toMatchObject({
        reason: 'OriginUnreachable',
        message: `${silent}: no answer in time`,
      }),
      expect(read([halting], impatient)).rejects.toMatchObject({
        reason: 'OriginUnreachable',
        message: `${halting}: the answer came to a stop`,
      }),
    ])
  })

  test('in a circle of redirects is OriginUnreachable', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: '/file.bin' }).end())
    await expect(read([url])).rejects.toThrow('redirects more than 5 times')
  })

  test('is replaced by the next source, which goes on where it stopped', async () => {
    let given = 0
    const first = await serve((request, response) => {
      if (request.method === 'GET') given += 1
      if (given > 1) response.writeHead(500).end()
      else good(request, response, { etag: '"first"' })
    })
    const second = await serve((request, response) => good(request, response, { etag: '"second"' }))
    const run = await read([first, second])
    expect(run).toMatchObject({ sha256, read: content.length, mixed: true })
    expect(run.health).toMatchObject([
      { url: first, reachable: false },
      { url: second, reachable: true, lastError: '' },
    ])
  })
})

describe('a source that may not be asked', () => {
  const allowing = (...allowedDomains: string[]) => ({
    access: () => ({ ...loopback, rules: destinationRules({ allowedDomains, clusterNetworks: [] }) }),
  })

  test.for<{ name: string; host: string; allowed: string[]; says: string }>([
    {
      name: 'because its host is not named',
      host: '127.0.0.1',
      allowed: ['example.com'],
      says: '127.0.0.1 is not named in spec.origin.allowedDomains of the profile',
    },
    {
      name: 'because its address is refused',
      host: '127.0.0.1',
      allowed: [],
      says: '127.0.0.1 is a loopback address, which spec.origin.allowedDomains of the profile does not name',
    },
    {
      name: 'because its name leads to addresses that are refused, although the name is named',
      host: 'localhost',
      allowed: ['localhost'],
      says: 'is a loopback address, which spec.origin.allowedDomains of the profile does not name',
    },
  ])('$name is SourceForbidden, and hears nothing', async ({ host, allowed, says }) => {
    const asked = vi.fn()
    const url = (await serve(asked)).replace('127.0.0.1', host)
    await expect(read([url], allowing(...allowed))).rejects.toMatchObject({
      reason: 'SourceForbidden',
      message: expect.stringContaining(says),
    })
    expect(asked).not.toHaveBeenCalled()
  })

  test('is refused also where another one redirects to it', async () => {
    const asked = vi.fn()
    const inner = (await serve(asked)).replace('127.0.0.1', '127.0.0.2')
    const url = await serve((_request, response) => response.writeHead(302, { location: inner }).end())
    await expect(read([url])).rejects.toMatchObject({
      reason: 'SourceForbidden',
      message: `${inner}: 127.0.0.2 is not named in spec.origin.allowedDomains of the profile`,
    })
    expect(asked).not.toHaveBeenCalled()
  })

  test('by name may be asked when its address is named too', async () => {
    const url = (await serve(good)).replace('127.0.0.1', 'localhost')
    expect(await read([url], allowing('localhost', '127.0.0.0/8', '::1'))).toMatchObject({ sha256 })
  })

  test('leaves the file to the next one', async () => {
    const url = await serve(good)
    const run = await read(['http://169.254.169.254/latest/file.bin', url])
    expect(run).toMatchObject({ sha256, health: [{ reachable: false }, { url, reachable: true }] })
  })
})

describe('of several sources', () => {
  test('one that fails is tried twice, and comes last the next time', async () => {
    let tries = 0
    const broken = await serve((_request, response) => {
      tries += 1
      response.writeHead(503).end()
    })
    const url = await serve(good)
    const book = new SourceBook()
    expect(await read([broken, url], { book })).toMatchObject({ sha256 })
    expect(book.inOrder([{ url: broken }, { url }], performance.now())[0]).toEqual({ url })
    // Each try asks by HEAD and, where that is refused, for one byte.
    expect(tries).toBe(4)
  })

  test('the last one is tried as often as if it were the only one', async () => {
    let tries = 0
    const broken = await serve((request, response) => {
      if (request.method === 'HEAD') tries += 1
      response.writeHead(503).end()
    })
    await expect(read(['http://127.0.0.1:1/file.bin', broken])).rejects.toMatchObject({
      reason: 'OriginUnreachable',
    })
    expect(tries).toBe(4)
  })
})

describe('an origin that changes', () => {
  test('its file once is read from the beginning', async () => {
    let gets = 0
    const url = await serve((request, response) => {
      if (request.method === 'GET') gets += 1
      if (gets < 2) good(request, response, { body: Buffer.alloc(content.length), etag: '"old"' })
      else good(request, response)
    })
    const run = await read([url])
    expect(run.sha256).toBe(sha256)
    expect(run.read).toBe(content.length + 2 * CHUNK)
  })

  test('its ETag with every range is OriginChanged', async () => {
    let version = 0
    const url = await serve((request, response) => {
      version += 1
      good(request, response, { etag: `"v${version}"` })
    })
    await expect(read([url])).rejects.toMatchObject({
      reason: 'OriginChanged',
      message: expect.stringContaining('has another file now'),
    })
  })

  test('its ETag although it ignores If-Range is noticed all the same', async () => {
    let version = 0
    const url = await serve((request, response) => {
      version += 1
      delete request.headers['if-range']
      good(request, response, { etag: `"v${version}"` })
    })
    await expect(read([url])).rejects.toMatchObject({ reason: 'OriginChanged' })
  })
})

describe('a size that does not fit', () => {
  test('the spec is SizeMismatch before a byte is read', async () => {
    const onRead = vi.fn()
    const url = await serve((request, response) => good(request, response))
    await expect(read([url], { size: 10, onRead })).rejects.toMatchObject({
      reason: 'SizeMismatch',
      message: `${url} announces ${content.length} bytes where 10 are expected`,
    })
    expect(onRead).not.toHaveBeenCalled()
  })

  test.for([
    { name: 'more', body: Buffer.concat([content, content]), says: 'sends more than' },
    { name: 'fewer', body: content.subarray(0, 1000), says: 'ends after 1000 of' },
  ])('the announcement, because $name bytes come, is SizeMismatch', async ({ body, says }) => {
    const url = await serve((request, response) => {
      if (request.method === 'HEAD') return good(request, response)
      const start = rangeOf(request)?.[0] ?? 0
      // Chunked, so that nothing but the count tells.
      response.writeHead(206, {
        etag: '"v1"',
        'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
      })
      response.end(body.subarray(start))
    })
    await expect(read([url])).rejects.toMatchObject({
      reason: 'SizeMismatch',
      message: expect.stringContaining(says),
    })
  })

  test('because the file has become shorter is SizeMismatch', async () => {
    const url = await serve((request, response) => {
      if (request.method === 'HEAD') good(request, response)
      else response.writeHead(416, { 'content-range': 'bytes */900' }).end()
    })
    await expect(read([url])).rejects.toMatchObject({ reason: 'SizeMismatch' })
  })
})

describe('grants', () => {
  test('that end are OriginBudgetExhausted, and not a byte more is read', async () => {
    const onRead = vi.fn<(bytes: number) => void>()
    const url = await serve((request, response) => good(request, response))
    await expect(read([url], { budget: 3 * CHUNK, onRead })).rejects.toMatchObject({
      reason: 'OriginBudgetExhausted',
      message: `${3 * CHUNK} bytes were granted`,
    })
    expect(onRead.mock.calls.reduce((sum, [bytes]) => sum + bytes, 0)).toBe(3 * CHUNK)
  })

  test('are waited for while the tracker is away', async () => {
    let away = 3
    const url = await serve((request, response) => good(request, response))
    const grant: ReadOriginOptions['grant'] = async ({ length }) => {
      if (away-- > 0) throw new Error('no tracker')
      return { length, reason: '', message: '' }
    }
    expect(await read([url], { grant, onRead: () => {} })).toMatchObject({ sha256 })
  })

  test('are not used up by an origin that gives nothing, however often it is tried', async () => {
    const asked: number[] = []
    const url = await serve((_request, response) => response.writeHead(404).end())
    const grant: ReadOriginOptions['grant'] = async ({ length }) => {
      asked.push(length)
      return { length, reason: '', message: '' }
    }
    const leave = { bytes: 0 }
    for (let times = 0; times < 3; times++) {
      await expect(read([url], { grant, leave })).rejects.toMatchObject({ reason: 'OriginUnreachable' })
    }
    expect([asked, leave]).toEqual([[1], { bytes: 1 }])
  })

  test.for([
    { name: 'with ranges', ranges: true },
    { name: 'without ranges', ranges: false },
  ])(
    'are not given back for what an origin $name has sent and nobody has read any more',
    async ({ ranges }) => {
      let [breakOff, isBroken] = [() => {}, false]
      const broken = Promise.withResolvers<void>()
      const url = await serve((request, response) => {
        if (request.method === 'HEAD') return good(request, response)
        if (isBroken) return void response.writeHead(404).end()
        const [start, end] = (ranges && rangeOf(request)) || [0, content.length - 1]
        response.writeHead(ranges ? 206 : 200, {
          etag: '"v1"',
          'content-length': end - start + 1,
          ...(ranges && { 'content-range': `bytes ${start}-${end}/${content.length}` }),
        })
        response.once('close', broken.resolve).write(content.subarray(start, start + 1000))
        breakOff = () =>
          void response.write(content.subarray(start + 1000, start + 5000), () => response.destroy())
      })
      // The first piece is held until the connection has broken behind the second one.
      const take = async () => {
        breakOff()
        isBroken = true
        await broken.promise
        await sleep(20)
      }
      const leave = { bytes: 0 }
      const { granted, grant, onRead } = observe(Infinity, content.length)
      const reading = read([url], { leave, grant, onRead, pace: { limiting: true, take }, maxFutileTries: 1 })
      await expect(reading).rejects.toThrow('404')
      expect(granted.reduce((sum, { length }) => sum + length, 0) - leave.bytes).toBe(5000)
    },
  )

  test('that one try did not read are read by the next', async () => {
    let broken = true
    const url = await serve((request, response) => {
      if (request.method === 'GET' && broken) response.writeHead(404).end()
      else good(request, response)
    })
    let granted = 0
    const grant: ReadOriginOptions['grant'] = async ({ length }) => {
      granted += length
      return { length, reason: '', message: '' }
    }
    const leave = { bytes: 0 }
    await expect(read([url], { grant, leave })).rejects.toMatchObject({ reason: 'OriginUnreachable' })
    broken = false
    expect(await read([url], { grant, leave, onRead: () => {} })).toMatchObject({ sha256 })
    expect([granted, leave.bytes]).toEqual([content.length, 0])
  })
})

test('an aborted read ends at once and keeps what it has', async () => {
  const url = await serve((request, response) => {
    if (request.method === 'HEAD') return good(request, response)
    response.writeHead(206, { etag: '"v1"', 'content-range': `bytes 0-${2 * CHUNK - 1}/${content.length}` })
    response.write(content.subarray(0, CHUNK + 5))
  })
  const stop = new AbortController()
  const reading = read([url], {
    signal: stop.signal,
    inactivityMs: 10_000,
    onRead: () => setTimeout(() => stop.abort(new Error('stop')), 20),
  })
  await expect(reading).rejects.toThrow('stop')
  const next = await artifact.beginIngest(content.length, CHUNK)
  expect(next.resumeOffset).toBe(CHUNK)
})
