// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test, vi } from 'vitest'
import { destinationRules } from '../destination/index.ts'
import { givenStore, good, loopback, read, serve, sha256 } from './read-origin.fixture.ts'
import { SourceBook } from './source-book.ts'

givenStore()

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
