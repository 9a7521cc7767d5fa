// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test, vi } from 'vitest'
import { CHUNK, content, givenStore, good, rangeOf, read, serve, sha256 } from './read-origin.fixture.ts'

givenStore()

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
