// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Fleet } from './support/fleet.ts'

const MIB = 1024 * 1024
const CHUNK = 256 * 1024

let fleet: Fleet
beforeEach(async () => {
  fleet = await Fleet.start()
})
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await fleet.printLogs()
  await fleet.stop()
})

const until = (assertion: () => void | Promise<void>, timeout = 100_000) =>
  vi.waitFor(assertion, { timeout, interval: 25 })

const names = ['n1', 'n2', 'n3']

async function startAll(): Promise<void> {
  await fleet.add('seeder', 'seeder')
  for (const name of names) await fleet.add(name)
}

const allDelivered = () =>
  until(async () => {
    for (const name of names) expect(fleet.delivery(name)).toMatchObject({ state: 'Delivered' })
  })

// Real processes on a machine that may be busy.
const patient = { timeout: 150_000 }

describe('three agents and a seeder', patient, () => {
  test('bring a file under its name on every node, and the origin sends it once', async () => {
    await startAll()
    const file = await fleet.file(20 * MIB + 123)
    fleet.wish = { file, deliverTo: names }
    await allDelivered()

    for (const name of names) {
      expect(await fleet.delivered(name)).toBe(file.sha256)
      expect(fleet.delivery(name)).toMatchObject({
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
      const path = join(fleet.programs.get(name)!.root, 'patches', 'file.bin')
      expect((await stat(path)).mode & 0o777).toBe(0o640)
      expect(await readdir(join(path, '..'))).toEqual(['file.bin'])
    }
    expect(fleet.artifact('seeder')).toMatchObject({
      state: 'Complete',
      sha256: file.sha256,
      size: file.size,
      originBytesRead: file.size,
    })
    expect(file.origin.counters.bytes).toBe(file.size)
    expect(fleet.granted).toBeLessThanOrEqual(file.size)
  })

  test('have a file ready in their caches without writing it anywhere', async () => {
    await startAll()
    const file = await fleet.file(4 * MIB)
    fleet.wish = { file, deliverTo: names, method: 'CacheOnly' }
    await allDelivered()
    for (const name of names) {
      expect(fleet.delivery(name)).toMatchObject({ path: '', sha256: file.sha256, bytesFromPeers: file.size })
      expect(await readdir(fleet.programs.get(name)!.root)).toEqual([])
    }
  })

  test('a second delivery of a file that is here comes from the cache, and may take the place of the first', async () => {
    await startAll()
    const file = await fleet.file(4 * MIB)
    fleet.wish = { file, deliverTo: ['n1'], series: 'test/file' }
    await until(() => expect(fleet.delivery('n1')?.state).toBe('Delivered'))
    fleet.wish = { file, deliverTo: [] }
    await until(() => expect(fleet.client('n1')?.report?.deliveries).toEqual([]))
    expect(await fleet.delivered('n1')).toBe(file.sha256)

    const next = { fileName: 'next.bin', series: 'test/file', keepVersions: 1 }
    fleet.wish = { file, deliverTo: ['n1'], ...next }
    await until(() =>
      expect(fleet.delivery('n1')).toMatchObject({
        state: 'Delivered',
        bytesFromPeers: 0,
        bytesFromCache: file.size,
      }),
    )
    const patches = join(fleet.programs.get('n1')!.root, 'patches')
    expect(await readdir(patches)).toEqual(['next.bin'])

    fleet.wish = { file, deliverTo: [], ...next, guarded: true }
    await until(() => expect(fleet.client('n1')?.report).toMatchObject({ deliveries: [], changed: [] }))
    await rm(join(patches, 'next.bin'))
    // It looks whenever it is told something, and every minute.
    fleet.wish = { ...fleet.wish, also: [await fleet.file(MIB)] }
    await until(() => expect(fleet.client('n1')?.report?.changed).toEqual(['job-uid/file']))
  })

  test('an agent killed in the middle goes on without fetching verified chunks again', async () => {
    await startAll()
    const file = await fleet.file(96 * MIB)
    fleet.wish = { file, deliverTo: ['n1', 'n2'] }
    await until(() => {
      for (const name of ['n1', 'n2']) expect(fleet.delivery(name)?.state).toBe('Delivered')
    })
    const served = () =>
      ['seeder', 'n1', 'n2'].reduce((sum, name) => sum + (fleet.artifact(name)?.bytesToPeers ?? 0), 0)
    const before = served()

    // The third stands still somewhere in the middle: there it is killed.
    fleet.wish = { file, deliverTo: names }
    await until(() => expect(fleet.artifact('n3')?.bytesHeld).toBeGreaterThan(0))
    fleet.wish = { file, deliverTo: names, suspended: true }
    await until(() => expect(fleet.delivery('n3')?.reason).toBe('Suspended'))
    const held = fleet.artifact('n3')!.bytesHeld
    expect(held).toBeLessThan(file.size)
    await fleet.programs.get('n3')!.kill('SIGKILL')
    await until(() => expect(fleet.client('n3')).toBeUndefined())
    await fleet.programs.get('n3')!.start()
    await until(() => expect(fleet.artifact('n3')?.bytesHeld).toBeGreaterThanOrEqual(held))

    fleet.wish = { file, deliverTo: names }
    await allDelivered()
    expect(await fleet.delivered('n3')).toBe(file.sha256)
    // What was on its way when it was killed may come twice, nothing else.
    await until(() => expect(served() - before).toBeGreaterThanOrEqual(file.size))
    expect(served() - before).toBeLessThanOrEqual(file.size + 20 * CHUNK)
    expect(fleet.delivery('n3')!.bytesFromPeers).toBe(file.size)
  })

  test('finish while the tracker is away, a restarted agent too, and report when it is back', async () => {
    await startAll()
    const file = await fleet.file(64 * MIB)
    // Slowly, so that agents are in the middle when the seeder has all: without the tracker it may read no more.
    fleet.wish = { file, deliverTo: names, download: 16 * MIB }
    await until(() => {
      for (const name of names) expect(fleet.artifact(name)?.bytesHeld).toBeGreaterThan(0)
      expect(fleet.artifact('seeder')?.state).toBe('Complete')
    })
    await fleet.stopTracker()
    await fleet.programs.get('n2')!.kill('SIGKILL')
    await fleet.programs.get('n2')!.start()
    await until(async () => {
      for (const name of names) expect(await fleet.delivered(name)).toBe(file.sha256)
    })
    await fleet.startTracker()
    await allDelivered()
  })

  test('have what the seeder has read so far, and the file as soon as it has all', async () => {
    await startAll()
    const file = await fleet.file(16 * MIB, 8 * MIB)
    file.origin.heldAt = 12 * MIB
    fleet.wish = { file, deliverTo: names }
    await until(() => {
      for (const name of names) expect(fleet.artifact(name)?.bytesHeld).toBeGreaterThan(4 * MIB)
    })
    expect(fleet.artifact('seeder')?.state).toBe('Ingesting')
    expect(fleet.delivery('n1')).toMatchObject({ state: 'Fetching', bytesTotal: file.size })
    file.origin.heldAt = undefined
    await until(() => expect(file.origin.counters.bytes).toBe(file.size))
    const read = performance.now()
    await allDelivered()
    expect(performance.now() - read).toBeLessThan(20_000)
    for (const name of names) expect(await fleet.delivered(name)).toBe(file.sha256)
    await until(() =>
      expect(fleet.artifact('n1')).toMatchObject({ state: 'Complete', cid: expect.any(String) }),
    )
    // From the seeder hardly more than one copy has come.
    expect(fleet.artifact('seeder')!.bytesToPeers).toBeLessThan(1.8 * file.size)
  })

  test('go on where they were when one of them, and the seeder, is killed while it reads the origin', async () => {
    await startAll()
    const file = await fleet.file(16 * MIB, 8 * MIB)
    file.origin.heldAt = 12 * MIB
    fleet.wish = { file, deliverTo: names }
    await until(() => expect(fleet.artifact('n2')?.bytesHeld).toBeGreaterThan(4 * MIB))
    expect(fleet.artifact('seeder')?.state).toBe('Ingesting')
    const { bytesHeld } = fleet.artifact('n2')!
    for (const name of ['seeder', 'n2']) {
      await fleet.programs.get(name)!.kill('SIGKILL')
      await fleet.programs.get(name)!.start()
    }
    await until(() => expect(fleet.artifact('n2')?.bytesHeld).toBeGreaterThanOrEqual(bytesHeld))
    file.origin.heldAt = undefined
    await allDelivered()
    expect(file.origin.counters.bytes).toBeLessThan(file.size + 4 * MIB)
    // A chunk that had come and was not noted yet when it was killed counts as one that was there.
    expect(fleet.delivery('n2')!.bytesFromPeers).toBeGreaterThanOrEqual(file.size - 2 * CHUNK)
    for (const name of names) expect(await fleet.delivered(name)).toBe(file.sha256)
  })
})

describe('what was damaged or lost is made good', patient, () => {
  test('a seeder that is lost with its disk while it reads: its successor asks the nodes before the origin', async () => {
    const seeder = await fleet.add('seeder', 'seeder')
    for (const name of ['n1', 'n2']) await fleet.add(name)
    const file = await fleet.file(16 * MIB, 8 * MIB)
    file.origin.heldAt = 12 * MIB
    fleet.wish = { file, deliverTo: ['n1', 'n2'] }
    await until(() => expect(fleet.artifact('n1')?.bytesHeld).toBeGreaterThan(8 * MIB))
    expect(fleet.artifact('seeder')?.state).toBe('Ingesting')
    await seeder.kill('SIGKILL')
    file.origin.heldAt = undefined
    await rm(join(fleet.folder, 'seeder', 'cache'), { recursive: true })
    await seeder.start()
    await until(() => {
      for (const name of ['n1', 'n2']) expect(fleet.delivery(name)?.state).toBe('Delivered')
    })
    expect(file.origin.counters.bytes).toBeLessThan(1.2 * file.size)
    expect(await fleet.delivered('n1')).toBe(file.sha256)
    expect(fleet.artifact('seeder')).toMatchObject({ state: 'Complete', sha256: file.sha256 })
  })

  test('a byte that changed in the cache of an agent: only its chunk is fetched again', async () => {
    await fleet.add('seeder', 'seeder')
    const agent = await fleet.add('n1')
    const file = await fleet.file(4 * MIB)
    fleet.wish = { file, deliverTo: ['n1'] }
    await until(() => expect(fleet.delivery('n1')?.state).toBe('Delivered'))
    fleet.wish = { file, deliverTo: [] }
    await until(() => expect(fleet.client('n1')?.report?.deliveries).toEqual([]))
    await rm(join(agent.root, 'patches', 'file.bin'))
    const [folder = ''] = await readdir(join(fleet.folder, 'n1', 'cache', 'artifacts'))
    const data = await open(join(fleet.folder, 'n1', 'cache', 'artifacts', folder, 'data'), 'r+')
    await data.write(Buffer.of(1, 2, 3, 4), 0, 4, 2 * MIB)
    await data.close()

    fleet.wish = { file, deliverTo: ['n1'] }
    await until(() =>
      expect(fleet.delivery('n1')).toMatchObject({ state: 'Delivered', bytesFromPeers: CHUNK }),
    )
    expect(await fleet.delivered('n1')).toBe(file.sha256)
  })

  test('the cache of a seeder: it reads the origin again', async () => {
    const seeder = await fleet.add('seeder', 'seeder')
    const file = await fleet.file(2 * MIB)
    fleet.wish = { file, deliverTo: [] }
    await until(() => expect(fleet.artifact('seeder')?.state).toBe('Complete'))
    await seeder.kill('SIGKILL')
    await rm(join(fleet.folder, 'seeder', 'cache'), { recursive: true })
    await seeder.start()
    await until(() =>
      expect(fleet.artifact('seeder')).toMatchObject({ state: 'Complete', originBytesRead: file.size }),
    )
    expect(file.origin.counters.bytes).toBe(2 * file.size)
  })
})

describe('what goes wrong is reported with its reason', patient, () => {
  test('a digest that is not the one of the file, and nothing is delivered', async () => {
    await startAll()
    const file = await fleet.file(8 * MIB)
    file.origin.heldAt = 6 * MIB
    fleet.wish = { file, deliverTo: names, digest: `sha256:${'0'.repeat(64)}` }
    await until(() => {
      for (const name of names) expect(fleet.artifact(name)?.bytesHeld).toBeGreaterThan(0)
    })
    file.origin.heldAt = undefined
    await until(() =>
      expect(fleet.artifact('seeder')).toMatchObject({
        state: 'Failed',
        reason: 'DigestMismatch',
        sha256: file.sha256,
      }),
    )
    await until(() => {
      for (const name of names) {
        expect(fleet.artifact(name)).toMatchObject({ bytesHeld: 0, chunksHeld: 0 })
        expect(fleet.delivery(name)).toMatchObject({ state: 'Failed', reason: 'DigestMismatch' })
      }
    })
    for (const name of names) {
      expect(await readdir(join(fleet.programs.get(name)!.root, 'patches')).catch(() => [])).toEqual([])
    }
    expect(file.origin.counters.bytes).toBe(file.size)
  })

  test('a directory outside the allowed roots', async () => {
    await startAll()
    const file = await fleet.file(MIB)
    fleet.wish = { file, deliverTo: ['n1'], directory: '/etc' }
    await until(() =>
      expect(fleet.delivery('n1')).toMatchObject({ state: 'Failed', reason: 'DirectoryNotAllowed' }),
    )
    // It was found out before a byte moved.
    expect(fleet.artifact('n1')).toMatchObject({ bytesHeld: 0, bytesFromPeers: 0 })
  })

  test('a root that this node does not have', async () => {
    await fleet.add('seeder', 'seeder')
    const agent = await fleet.add('n1')
    await rm(agent.root, { recursive: true })
    const file = await fleet.file(MIB)
    fleet.wish = { file, deliverTo: ['n1'] }
    await until(() => expect(fleet.delivery('n1')).toMatchObject({ state: 'Failed', reason: 'RootMissing' }))
    expect(fleet.client('n1')?.report?.roots).toMatchObject([
      { path: '/srv/files', ready: false, reason: 'RootMissing' },
    ])
  })

  test('an origin that is away, which is tried again until it is back', async () => {
    await fleet.add('seeder', 'seeder')
    const file = await fleet.file(MIB)
    file.origin.fault = { kind: 'status', status: 500 }
    fleet.wish = { file, deliverTo: [] }
    await until(() =>
      expect(fleet.artifact('seeder')).toMatchObject({ state: 'Failed', reason: 'OriginUnreachable' }),
    )
    file.origin.fault = undefined
    await until(() => expect(fleet.artifact('seeder')?.state).toBe('Complete'))
  })

  test('an origin budget that is used up', async () => {
    await fleet.add('seeder', 'seeder')
    fleet.budget = MIB
    const file = await fleet.file(2 * MIB)
    fleet.wish = { file, deliverTo: [] }
    await until(() =>
      expect(fleet.artifact('seeder')).toMatchObject({ state: 'Failed', reason: 'OriginBudgetExhausted' }),
    )
    expect(file.origin.counters.bytes).toBe(MIB)
  })
})

describe('one agent', patient, () => {
  test('forgets an artifact that is not listed, but not before a tracker has said so', async () => {
    await fleet.add('seeder', 'seeder')
    await fleet.add('n1')
    const file = await fleet.file(MIB)
    fleet.wish = { file, deliverTo: ['n1'] }
    await until(() => expect(fleet.delivery('n1')?.state).toBe('Delivered'))
    const artifacts = join(fleet.folder, 'n1', 'cache', 'artifacts')
    expect(await readdir(artifacts)).toHaveLength(1)

    await fleet.stopTracker()
    await fleet.programs.get('n1')!.kill('SIGTERM')
    await fleet.programs.get('n1')!.start()
    await until(async () => expect((await fleet.programs.get('n1')!.admin('/readyz')).status).toBe(200))
    expect(await readdir(artifacts)).toHaveLength(1)

    fleet.wish = undefined
    await fleet.startTracker()
    await until(async () => expect(await readdir(artifacts)).toEqual([]))
    expect(await fleet.delivered('n1')).toBe(file.sha256)
  })

  test('whose disk was copied from another node makes a key of its own', async () => {
    const agent = await fleet.add('copy')
    await vi.waitFor(() => expect(fleet.client('copy')).toBeDefined(), 20_000)
    const before = fleet.client('copy')?.peerId
    fleet.copies.add('copy')
    fleet.tracker.refuse(before ?? '', 'Renewal', 'to be looked at again')
    await vi.waitFor(() => expect(agent.running).toBe(false), 20_000)
    fleet.copies.clear()
    await agent.start()
    await vi.waitFor(() => expect(fleet.client('copy')).toBeDefined(), 20_000)
    expect(fleet.client('copy')?.peerId).not.toBe(before)
  })

  test('empties its cache when the profile goes, says so, and leaves what it delivered', async () => {
    await fleet.add('seeder', 'seeder')
    await fleet.add('n1')
    const file = await fleet.file(MIB)
    fleet.wish = { file, deliverTo: ['n1'] }
    await until(() => expect(fleet.delivery('n1')?.state).toBe('Delivered'))
    fleet.wish = { file, deliverTo: [], wipe: true }
    await until(() => expect(fleet.client('n1')?.report?.wiped).toBe(true))
    expect(await readdir(join(fleet.folder, 'n1', 'cache', 'artifacts'))).toEqual([])
    expect(await fleet.delivered('n1')).toBe(file.sha256)
    await fleet.programs.get('n1')!.kill('SIGTERM')
    expect(await readdir(join(fleet.folder, 'n1', 'cache'))).toEqual([])
  })

  test('shows health, metrics and its state on the admin port, and stops cleanly on SIGTERM', async () => {
    await fleet.add('seeder', 'seeder')
    const agent = await fleet.add('n1')
    const file = await fleet.file(MIB)
    fleet.wish = { file, deliverTo: ['n1'] }
    await until(() => expect(fleet.delivery('n1')?.state).toBe('Delivered'))
    expect((await agent.admin('/healthz')).status).toBe(200)
    expect((await agent.admin('/readyz')).status).toBe(200)
    const metrics = (await agent.admin('/metrics')).body
    expect(metrics).toContain(
      'patchswarm_agent_received_bytes_total{artifact="test/file",source="peers"} 1048576',
    )
    expect(metrics).toContain('patchswarm_agent_chunks_verified_total{artifact="test/file"} 4')
    expect(metrics).toMatch(/^patchswarm_agent_info\{version=".+",role="agent",profile=".+"\} 1$/m)
    expect(metrics).toMatch(/^patchswarm_agent_cache_used_bytes 1\d{6}$/m)
    expect((await agent.admin('/nothing')).status).toBe(404)
    const state = JSON.parse((await agent.admin('/state')).body)
    expect(state.artifacts[0]).toMatchObject({
      digest: `sha256:${file.sha256}`,
      state: 'Complete',
      size: file.size,
      bytesHeld: file.size,
      bytesFromPeers: file.size,
    })
    expect(await agent.kill('SIGTERM')).toBe(0)
  })

  test('whose environment is wrong says all that is wrong, and exits', async () => {
    const agent = await fleet.add('n1', 'agent', { PATCHSWARM_PORT: '0', PATCHSWARM_PROFILE: '' })
    await until(() => expect(agent.running).toBe(false))
    expect(await agent.kill('SIGKILL')).toBe(1)
    const log = await readFile(agent.logFile, 'utf8')
    expect(log).toContain('PATCHSWARM_PORT is "0": set it to a port from 1 to 65535')
    expect(log).toContain('PATCHSWARM_PROFILE is missing')
  })
})
