// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test, vi } from 'vitest'
import { content, givenStore, good, rangeOf, read, serve, sha256 } from './read-origin.fixture.ts'

givenStore()

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
