// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { whyNoLittleDisks } from '../support/little-disks.ts'
import { Fleet } from './support/fleet.ts'

const MIB = 1024 * 1024

let fleet: Fleet
beforeEach(async () => {
  fleet = await Fleet.start()
})
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await fleet.printLogs()
  await fleet.stop()
})

const until = (assertion: () => void | Promise<void>, timeout = 60_000) =>
  vi.waitFor(assertion, { timeout, interval: 25 })

/** Of the file that is wished for now: what was wished for before is listed a little longer. */
const delivery = (name: string) => {
  const report = fleet.delivery(name)
  return report?.id === `job-uid/${fleet.wish?.file.name}` ? report : undefined
}
const delivered = (name: string) => until(() => expect(delivery(name)?.state).toBe('Delivered'))
const done = (name: string) => until(() => expect(fleet.client(name)?.report?.deliveries).toEqual([]))
const folders = (name: string) => readdir(join(fleet.folder, name, 'cache', 'artifacts'))
const metric = (name: string, line: string) =>
  until(async () => {
    const { body } = await fleet.programs.get(name)!.admin('/metrics')
    expect(body).toContain(`patchswarm_agent_${line}\n`)
  })

// Real processes on a machine that may be busy.
const patient = { timeout: 100_000 }

describe('a cache with a limit', patient, () => {
  test('makes room for what a job needs, oldest copy first, once the tracker leaves copies to others', async () => {
    await fleet.add('seeder', 'seeder')
    await fleet.add('n1')
    const cache = { maxSize: 10 * MIB }
    const [first, second, third] = [
      await fleet.file(4 * MIB),
      await fleet.file(4 * MIB),
      await fleet.file(4 * MIB),
    ]
    fleet.wish = { file: first, deliverTo: ['n1'], cache }
    await delivered('n1')
    fleet.wish = { file: second, deliverTo: ['n1'], also: [first], cache }
    await delivered('n1')

    // The third does not fit beside them, and nobody may go yet.
    fleet.wish = { file: third, deliverTo: ['n1'], also: [first, second], cache }
    await until(() => expect(delivery('n1')).toMatchObject({ state: 'Waiting', reason: 'InsufficientDisk' }))
    expect(delivery('n1')?.message).toMatch(
      /^4 MiB to fetch, 2(\.\d)? MiB too many for the cache: 8(\.\d)? MiB of 10 MiB \(cache.maxSize\) taken; /,
    )
    expect(fleet.artifact('n1')?.bytesHeld).toBe(0)
    // It says which it would give up, and that it keeps both meanwhile.
    expect(fleet.artifact('n1', first)).toMatchObject({ kept: true, unwelcome: true })
    expect(fleet.artifact('n1', second)).toMatchObject({ kept: true, unwelcome: false })

    fleet.wish = { ...fleet.wish, spareOn: ['n1'] }
    await delivered('n1')
    expect(await fleet.delivered('n1')).toBe(third.sha256)
    expect(fleet.artifact('n1', first)).toMatchObject({ bytesHeld: 0, kept: false })
    expect(fleet.artifact('n1', second)?.bytesHeld).toBe(second.size)
    await metric('n1', 'cache_evictions_total{reason="Size"} 1')
    await until(() => {
      const { usedBytes = 0, maxBytes } = fleet.client('n1')?.report?.cache ?? {}
      expect([usedBytes > 8 * MIB, usedBytes < 10 * MIB, maxBytes]).toEqual([true, true, 10 * MIB])
    })
  })

  test('refuses what can never fit before a byte moves, and a disk that is too small for the profile', async () => {
    await fleet.add('seeder', 'seeder')
    await fleet.add('n1')
    await fleet.add('n2')
    const file = await fleet.file(4 * MIB)
    fleet.wish = { file, deliverTo: [], cache: { maxSize: 3 * MIB } }
    await until(() => expect(fleet.artifact('seeder')?.state).toBe('Complete'))
    fleet.wish = { ...fleet.wish, deliverTo: ['n1'] }
    await until(() => expect(delivery('n1')).toMatchObject({ state: 'Failed', reason: 'InsufficientDisk' }))
    expect(delivery('n1')?.message).toMatch(
      /^4 MiB never fit into a cache that can have 3 MiB: 0 bytes of 3 MiB|^4 MiB never fit into a cache that can have 3 MiB: \d/,
    )
    const minSize = 2 ** 50
    fleet.wish = { file, deliverTo: ['n2'], cache: { minSize } }
    await until(() => expect(delivery('n2')).toMatchObject({ state: 'Failed', reason: 'InsufficientDisk' }))
    expect(fleet.client('n2')?.report?.cache?.refusal).toContain(
      'the profile asks for 1024 TiB (cache.minSize)',
    )
    expect(fleet.artifact('seeder')?.bytesToPeers).toBe(0)
    // Whoever was refused takes part as soon as it can.
    fleet.wish = { file, deliverTo: [], cache: {} }
    await done('n2')
    fleet.wish = { file, deliverTo: ['n2'], cache: {} }
    await delivered('n2')
    await until(() => expect(fleet.client('n2')?.report?.cache?.refusal).toBe(''))
  })

  test('gives up what nobody has used for its time, also after a restart, but not while the tracker is away', async () => {
    await fleet.add('seeder', 'seeder')
    const agent = await fleet.add('n1')
    const file = await fleet.file(2 * MIB)
    fleet.wish = { file, deliverTo: ['n1'] }
    await delivered('n1')
    // Everything is past its use after a millisecond; only the tracker's word is lacking.
    fleet.wish = { file, deliverTo: [], cache: { retentionMs: 1 }, spareOn: [] }
    await until(() => expect(fleet.artifact('n1')).toMatchObject({ kept: true, unwelcome: true }))
    await fleet.stopTracker()
    // What it remembers says that the copy may go, but that was said by a tracker that is away.
    fleet.wish = { ...fleet.wish, spareOn: ['n1'] }
    await agent.kill('SIGKILL')
    await agent.start()
    await until(async () => expect((await agent.admin('/readyz')).status).toBe(200))
    expect(await folders('n1')).toHaveLength(1)
    await fleet.startTracker()
    await until(() => expect(fleet.artifact('n1')).toMatchObject({ bytesHeld: 0, kept: false }))
    await metric('n1', 'cache_evictions_total{reason="Retention"} 1')
    // It can be had again.
    fleet.wish = { file, deliverTo: ['n1'] }
    await delivered('n1')
    expect(fleet.artifact('n1')?.bytesFromPeers).toBe(file.size)
  })
})

describe('what was lost on disk is made good', patient, () => {
  test('a file that was deleted from the cache: it is fetched again, without a restart', async () => {
    await fleet.add('seeder', 'seeder')
    const agent = await fleet.add('n1')
    const file = await fleet.file(4 * MIB)
    fleet.wish = { file, deliverTo: ['n1'] }
    await delivered('n1')
    fleet.wish = { file, deliverTo: [] }
    await done('n1')
    const [folder = ''] = await folders('n1')
    await rm(join(fleet.folder, 'n1', 'cache', 'artifacts', folder, 'data'))
    await rm(join(agent.root, 'patches', 'file.bin'))
    fleet.wish = { file, deliverTo: ['n1'] }
    await delivered('n1')
    expect(await fleet.delivered('n1')).toBe(file.sha256)
    expect(delivery('n1')).toMatchObject({ bytesFromPeers: file.size, bytesFromCache: 0 })
  })

  test('a manifest: an agent fetches nothing but that, a seeder reads nothing', async () => {
    const seeder = await fleet.add('seeder', 'seeder')
    const agent = await fleet.add('n1')
    const file = await fleet.file(4 * MIB)
    fleet.wish = { file, deliverTo: ['n1'] }
    await delivered('n1')
    for (const { name } of [seeder, agent]) {
      // So that the state is on disk whatever else the disk has to do.
      await fleet.programs.get(name)!.kill('SIGTERM')
      const [folder = ''] = await folders(name)
      await truncate(join(fleet.folder, name, 'cache', 'artifacts', folder, 'manifest'), 20)
      await fleet.programs.get(name)!.start()
    }
    await until(() => expect(fleet.artifact('seeder')?.state).toBe('Complete'))
    await until(() =>
      expect(fleet.artifact('n1')).toMatchObject({ state: 'Complete', bytesFromPeers: file.size }),
    )
    expect(file.origin.counters.bytes).toBe(file.size)
    await metric('n1', 'peer_bytes_total{artifact="test/file"} 0')
  })
})

const noDisks = whyNoLittleDisks()

describe.skipIf(noDisks)(
  `a cache on a little disk${noDisks ? ` (skipped: ${noDisks})` : ''}`,
  patient,
  () => {
    test('is measured there: a part that no job wants any more leaves it', async () => {
      await fleet.add('seeder', 'seeder')
      await fleet.add('n1', 'agent', {}, 'size=6m')
      const large = await fleet.file(8 * MIB)
      fleet.wish = { file: large, deliverTo: ['n1'] }
      await until(() => expect(delivery('n1')).toMatchObject({ state: 'Failed', reason: 'InsufficientDisk' }))
      expect(delivery('n1')?.message).toMatch(
        /^8 MiB never fit into a cache that can have [56](\.\d)? MiB: [56](\.\d)? MiB free$/,
      )
      expect(fleet.artifact('n1')?.bytesFromPeers).toBe(0)

      const file = await fleet.file(3 * MIB)
      fleet.wish = { file, deliverTo: ['n1'], also: [large], cache: { minFree: 2 * MIB } }
      await delivered('n1')
      await until(() => expect(fleet.client('n1')?.report?.cache?.freeBytes).toBeLessThan(4 * MIB))
      // Another of three would leave less than what has to stay free.
      const next = await fleet.file(3 * MIB)
      fleet.wish = {
        file: next,
        deliverTo: ['n1'],
        also: [file],
        cache: { minFree: 2 * MIB },
        spareOn: ['n1'],
      }
      await delivered('n1')
      await metric('n1', 'cache_evictions_total{reason="FreeSpace"} 1')
    })

    test('that others fill in the middle: it stands still, and goes on when there is room', async () => {
      await fleet.add('seeder', 'seeder')
      const agent = await fleet.add('n1', 'agent', {}, 'size=80m')
      const file = await fleet.file(64 * MIB)
      fleet.wish = { file, deliverTo: [] }
      await until(() => expect(fleet.artifact('seeder')?.state).toBe('Complete'))
      fleet.wish = { file, deliverTo: ['n1'], download: 32 * MIB }
      await until(() => expect(fleet.artifact('n1')?.bytesHeld).toBeGreaterThan(0))
      fleet.wish = { file, deliverTo: ['n1'], suspended: true }
      await until(() => expect(delivery('n1')?.reason).toBe('Suspended'))
      const held = fleet.artifact('n1')!.bytesHeld
      expect(held).toBeLessThan(file.size)

      const ballast = `/proc/${agent.pid}/root${join(fleet.folder, 'n1', 'cache', 'ballast')}`
      await writeFile(ballast, Buffer.alloc(80 * MIB - held - MIB))
      fleet.wish = { file, deliverTo: ['n1'] }
      await until(() =>
        expect(delivery('n1')).toMatchObject({ state: 'Waiting', reason: 'InsufficientDisk' }),
      )
      expect(fleet.artifact('n1')?.bytesHeld).toBeLessThan(file.size)
      await rm(ballast)
      await delivered('n1')
      expect(await fleet.delivered('n1')).toBe(file.sha256)
      expect(delivery('n1')?.bytesFromPeers).toBe(file.size)
    })
  },
)
