// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { delivered, givenFleet, MIB, names, patient, startAll, until } from '../support/given-fleet.ts'

const fleet = givenFleet()

describe('three agents and a seeder', patient, () => {
  test('bring a file under its name on every node, and the origin sends it once', async () => {
    await startAll(fleet())
    const file = await fleet().file(20 * MIB + 123)
    fleet().wish = { file, deliverTo: names }
    await delivered(fleet(), names)

    for (const name of names) {
      expect(await fleet().delivered(name)).toBe(file.sha256)
      expect(fleet().delivery(name)).toMatchObject({
        id: 'job-uid/file',
        path: '/srv/files/patches/file.bin',
        sha256: file.sha256,
        bytesDone: file.size,
        bytesTotal: file.size,
        bytesChecked: file.size,
        bytesFromPeers: file.size,
        bytesFromOrigin: 0,
        bytesFromCache: 0,
      })
      const path = join(fleet().programs.get(name)!.root, 'patches', 'file.bin')
      expect((await stat(path)).mode & 0o777).toBe(0o640)
      expect(await readdir(join(path, '..'))).toEqual(['file.bin'])
    }
    await until(() =>
      expect(fleet().artifact('seeder')).toMatchObject({
        state: 'Complete',
        sha256: file.sha256,
        size: file.size,
        originBytesRead: file.size,
      }),
    )
    expect(file.origin.counters.bytes).toBe(file.size)
    expect(fleet().grants.granted).toBeLessThanOrEqual(file.size)
  })

  test('have a file ready in their caches without writing it anywhere', async () => {
    await startAll(fleet())
    const file = await fleet().file(4 * MIB)
    fleet().wish = { file, deliverTo: names, method: 'CacheOnly' }
    await delivered(fleet(), names)
    for (const name of names) {
      expect(fleet().delivery(name)).toMatchObject({
        path: '',
        sha256: file.sha256,
        bytesFromPeers: file.size,
      })
      expect(await readdir(fleet().programs.get(name)!.root)).toEqual([])
    }
  })

  test('a second delivery of a file that is here comes from the cache, and may take the place of the first', async () => {
    await startAll(fleet())
    const file = await fleet().file(4 * MIB)
    fleet().wish = { file, deliverTo: ['n1'], series: 'test/file' }
    await delivered(fleet(), ['n1'])
    fleet().wish = { file, deliverTo: [] }
    await until(() => expect(fleet().client('n1')?.report?.deliveries).toEqual([]))
    expect(await fleet().delivered('n1')).toBe(file.sha256)

    const next = { fileName: 'next.bin', series: 'test/file', keepVersions: 1 }
    fleet().wish = { file, deliverTo: ['n1'], ...next }
    await until(() =>
      expect(fleet().delivery('n1')).toMatchObject({
        state: 'Delivered',
        bytesFromPeers: 0,
        bytesFromCache: file.size,
      }),
    )
    const patches = join(fleet().programs.get('n1')!.root, 'patches')
    expect(await readdir(patches)).toEqual(['next.bin'])

    const guarded = { file, deliverTo: [], ...next, guarded: true }
    fleet().wish = guarded
    await until(() => expect(fleet().client('n1')?.report).toMatchObject({ deliveries: [], changed: [] }))
    await rm(join(patches, 'next.bin'))
    // It looks whenever it is told something, and every minute.
    fleet().wish = { ...guarded, also: [await fleet().file(MIB)] }
    await until(() => expect(fleet().client('n1')?.report?.changed).toEqual(['job-uid/file']))
  })

  test('have what the seeder has read so far, and the file as soon as it has all', async () => {
    await startAll(fleet())
    const file = await fleet().file(16 * MIB, 8 * MIB)
    file.origin.heldAt = 12 * MIB
    fleet().wish = { file, deliverTo: names }
    await until(() => {
      for (const name of names) expect(fleet().artifact(name)?.bytesHeld).toBeGreaterThan(4 * MIB)
    })
    await until(() => expect(fleet().artifact('seeder')?.state).toBe('Ingesting'))
    expect(fleet().delivery('n1')).toMatchObject({ state: 'Fetching', bytesTotal: file.size })
    file.origin.heldAt = undefined
    await until(() => expect(file.origin.counters.bytes).toBe(file.size))
    const read = performance.now()
    await delivered(fleet(), names)
    expect(performance.now() - read).toBeLessThan(20_000)
    for (const name of names) expect(await fleet().delivered(name)).toBe(file.sha256)
    await until(() =>
      expect(fleet().artifact('n1')).toMatchObject({ state: 'Complete', cid: expect.any(String) }),
    )
    // From the seeder hardly more than one copy has come.
    expect(fleet().artifact('seeder')!.bytesToPeers).toBeLessThan(1.8 * file.size)
  })
})
