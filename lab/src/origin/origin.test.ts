// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Fault } from './fault.ts'
import { type Origin, startOrigin } from './origin.ts'
import { parseRange } from './range.ts'

const content = randomBytes(200_000)
let directory: string
let origin: Origin

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patchswarm-origin-'))
  await writeFile(join(directory, 'file'), content)
  origin = await startOrigin({
    file: join(directory, 'file'),
    fileName: 'a b.bin',
    etag: 'one',
    address: '127.0.0.1',
  })
})

afterEach(() => {
  origin.fault = undefined
})

afterAll(async () => {
  await origin.stop()
  await rm(directory, { recursive: true, force: true })
})

const read = async (headers: Record<string, string> = {}) => {
  const response = await fetch(origin.url, { headers })
  return { response, body: Buffer.from(await response.arrayBuffer()) }
}

test.for([
  ['bytes=0-9', { start: 0, end: 10 }],
  ['bytes=90-', { start: 90, end: 100 }],
  ['bytes=-10', { start: 90, end: 100 }],
  ['bytes=95-200', { start: 95, end: 100 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=5-4', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=0-1,5-6', undefined],
  ['lines=1-2', undefined],
  [undefined, undefined],
] as const)('parseRange(%s) of 100 bytes is %o', ([header, expected]) => {
  expect(parseRange(header, 100)).toEqual(expected)
})

describe('an origin', () => {
  test('sends the whole file with a strong ETag', async () => {
    const { response, body } = await read()
    expect(response.status).toBe(200)
    expect(response.headers.get('etag')).toBe('"one"')
    expect(body.equals(content)).toBe(true)
  })

  test('sends a range, and the whole when If-Range names another version', async () => {
    const range = { range: 'bytes=1000-1999' }
    const part = await read({ ...range, 'if-range': '"one"' })
    expect(part.response.status).toBe(206)
    expect(part.response.headers.get('content-range')).toBe('bytes 1000-1999/200000')
    expect(part.body.equals(content.subarray(1000, 2000))).toBe(true)
    expect((await read({ ...range, 'if-range': '"other"' })).body.length).toBe(content.length)
  })

  test('counts the bytes it sends and the requests it takes', async () => {
    const before = { ...origin.counters }
    await read({ range: 'bytes=0-99' })
    await read({ range: 'bytes=0-0' })
    expect(origin.counters).toEqual({ bytes: before.bytes + 101, requests: before.requests + 2 })
  })

  test('keeps its rate for all requests together', async () => {
    const slow = await startOrigin({
      file: join(directory, 'file'),
      fileName: 'f',
      etag: 'e',
      address: '127.0.0.1',
      bytesPerSecond: 1_000_000,
    })
    const began = performance.now()
    await Promise.all([1, 2].map(async () => (await fetch(slow.url)).arrayBuffer()))
    const seconds = (performance.now() - began) / 1000
    await slow.stop()
    // 400,000 bytes less the burst of one piece.
    expect(seconds).toBeGreaterThan(0.3)
  })

  test.for([
    [{ kind: 'status', status: 404 }, 404],
    [{ kind: 'status', status: 500 }, 500],
  ] as [Fault, number][])('answers as told: %o', async ([fault, status]) => {
    origin.fault = fault
    expect((await read()).response.status).toBe(status)
  })

  test('hangs when told to, until the client gives up', async () => {
    origin.fault = { kind: 'hang' }
    await expect(fetch(origin.url, { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout')
  })

  test.for([{ kind: 'close-half-way' }, { kind: 'wrong-length', extraBytes: -1000 }] as Fault[])(
    'breaks off an answer: %o',
    async (fault) => {
      origin.fault = fault
      await expect(read()).rejects.toThrow('terminated')
    },
  )

  test('seems longer or shorter than it is', async () => {
    origin.fault = { kind: 'other-size', extraBytes: 5 }
    expect((await read()).body.equals(Buffer.concat([content, Buffer.alloc(5)]))).toBe(true)
    origin.fault = { kind: 'other-size', extraBytes: -5 }
    expect((await read()).body.equals(content.subarray(0, -5))).toBe(true)
  })

  test('changes its ETag with every answer', async () => {
    origin.fault = { kind: 'changing-etag' }
    const tags = [await read(), await read()].map(({ response }) => response.headers.get('etag'))
    expect(tags[0]).not.toBe(tags[1])
  })
})
