// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { Pacer } from '../limits/pace.ts'
import {
  artifact,
  CHUNK,
  content,
  givenStore,
  good,
  observe,
  rangeOf,
  read,
  serve,
  sha256,
} from './read-origin.fixture.ts'
import type { ReadOriginOptions } from './read-origin.ts'

givenStore()

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
