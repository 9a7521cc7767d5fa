// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FileOrigin } from './file-origin.ts'

const content = randomBytes(100_000)
const { signal } = new AbortController()
let folder: string
let origin: FileOrigin

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchswarm-import-'))
  await mkdir(join(folder, 'import', 'a'), { recursive: true })
  await writeFile(join(folder, 'import', 'a', 'file.bin'), content)
  await writeFile(join(folder, 'token'), 'secret')
  origin = new FileOrigin(join(folder, 'import'))
})
afterEach(() => rm(folder, { recursive: true }))

const send = (path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  origin.send({ method, url: `file:///import/${path}`, headers, signal })

describe('a file', () => {
  test('says its length and version', async () => {
    const { status, headers } = await send('a/file.bin', {}, 'HEAD')
    expect([status, headers]).toEqual([
      200,
      { etag: expect.stringMatching(/^"/), 'content-length': '100000' },
    ])
  })

  test.for([
    { range: undefined, status: 200, bytes: content, contentRange: undefined },
    {
      range: 'bytes=10-19',
      status: 206,
      bytes: content.subarray(10, 20),
      contentRange: 'bytes 10-19/100000',
    },
    {
      range: 'bytes=99990-200000',
      status: 206,
      bytes: content.subarray(99_990),
      contentRange: 'bytes 99990-99999/100000',
    },
    { range: 'bytes=100000-100009', status: 416, bytes: Buffer.alloc(0), contentRange: 'bytes */100000' },
  ])('gives $range as a server would', async ({ range, status, bytes, contentRange }) => {
    const response = await send('a/file.bin', range === undefined ? {} : { range })
    expect(await buffer(response.body)).toEqual(bytes)
    expect([response.status, response.headers['content-range']]).toEqual([status, contentRange])
  })

  test('that was replaced is not taken for what it was', async () => {
    const etag = String((await send('a/file.bin', {}, 'HEAD')).headers.etag)
    await writeFile(join(folder, 'import', 'a', 'file.bin'), content.subarray(1))
    expect((await send('a/file.bin', { 'if-match': etag })).status).toBe(412)
  })

  test('that is empty ends at once', async () => {
    await writeFile(join(folder, 'import', 'empty'), '')
    const { status, body } = await send('empty')
    expect([status, (await buffer(body)).length]).toEqual([200, 0])
  })
})

describe('nothing is read', () => {
  test('that lies elsewhere, whatever links lead there', async () => {
    await symlink('../token', join(folder, 'import', 'link'))
    await symlink('..', join(folder, 'import', 'up'))
    for (const path of ['link', 'up/token', '%2e%2e/token', '..%2ftoken']) {
      await expect(send(path), path).rejects.toMatchObject({ name: 'SourceError' })
    }
  })

  test('that is no file', async () => {
    await symlink('/dev/null', join(folder, 'import', 'device'))
    for (const path of ['a', 'device']) {
      await expect(send(path), path).rejects.toMatchObject({ reason: 'SourceForbidden' })
    }
  })

  test('that is not there', async () => {
    await expect(send('b')).rejects.toMatchObject({
      reason: 'OriginUnreachable',
      message: 'file:///import/b: ENOENT',
    })
  })

  test('where there is no import folder', async () => {
    origin = new FileOrigin(undefined)
    await expect(send('a/file.bin')).rejects.toMatchObject({ reason: 'SourceForbidden' })
  })
})
