// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CHUNK, delivered, givenFleet, MIB, names, patient, startAll, until } from '../support/given-fleet.ts'

const fleet = givenFleet()

describe('three agents and a seeder', patient, () => {
  test('an agent killed in the middle goes on without fetching verified chunks again', async () => {
    await startAll(fleet())
    const file = await fleet().file(96 * MIB)
    fleet().wish = { file, deliverTo: ['n1', 'n2'] }
    await delivered(fleet(), ['n1', 'n2'])
    const served = () =>
      ['seeder', 'n1', 'n2'].reduce((sum, name) => sum + (fleet().artifact(name)?.bytesToPeers ?? 0), 0)
    // What others have sent is in reports of theirs.
    await until(() => expect(served()).toBeGreaterThanOrEqual(2 * file.size))
    const before = served()

    // The third stands still somewhere in the middle: there it is killed.
    fleet().wish = { file, deliverTo: names }
    await until(() => expect(fleet().artifact('n3')?.bytesHeld).toBeGreaterThan(0))
    fleet().wish = { file, deliverTo: names, suspended: true }
    await until(() => expect(fleet().delivery('n3')?.reason).toBe('Suspended'))
    const held = fleet().artifact('n3')!.bytesHeld
    expect(held).toBeLessThan(file.size)
    await fleet().programs.get('n3')!.kill('SIGKILL')
    await until(() => expect(fleet().client('n3')).toBeUndefined())
    await fleet().programs.get('n3')!.start()
    await until(() => expect(fleet().artifact('n3')?.bytesHeld).toBeGreaterThanOrEqual(held))

    fleet().wish = { file, deliverTo: names }
    await delivered(fleet(), names)
    expect(await fleet().delivered('n3')).toBe(file.sha256)
    // What was on its way when it was killed may come twice, nothing else.
    await until(() => expect(served() - before).toBeGreaterThanOrEqual(file.size))
    expect(served() - before).toBeLessThanOrEqual(file.size + 20 * CHUNK)
    expect(fleet().delivery('n3')!.bytesFromPeers).toBe(file.size)
  })

  test('finish while the tracker is away, a restarted agent too, and report when it is back', async () => {
    await startAll(fleet())
    const file = await fleet().file(64 * MIB)
    // Slowly, so that agents are in the middle when the seeder has all: without the tracker it may read no more.
    fleet().wish = { file, deliverTo: names, download: 16 * MIB }
    await until(() => {
      for (const name of names) expect(fleet().artifact(name)?.bytesHeld).toBeGreaterThan(0)
      expect(fleet().artifact('seeder')?.state).toBe('Complete')
    })
    await fleet().stopTracker()
    await fleet().programs.get('n2')!.kill('SIGKILL')
    await fleet().programs.get('n2')!.start()
    await until(async () => {
      for (const name of names) expect(await fleet().delivered(name)).toBe(file.sha256)
    })
    await fleet().startTracker()
    await delivered(fleet(), names)
  })

  test('go on where they were when one of them, and the seeder, is killed while it reads the origin', async () => {
    await startAll(fleet())
    const file = await fleet().file(16 * MIB, 8 * MIB)
    file.origin.heldAt = 12 * MIB
    fleet().wish = { file, deliverTo: names }
    await until(() => expect(fleet().artifact('n2')?.bytesHeld).toBeGreaterThan(4 * MIB))
    await until(() => expect(fleet().artifact('seeder')?.state).toBe('Ingesting'))
    const { bytesHeld } = fleet().artifact('n2')!
    for (const name of ['seeder', 'n2']) {
      await fleet().programs.get(name)!.kill('SIGKILL')
      await fleet().programs.get(name)!.start()
    }
    await until(() => expect(fleet().artifact('n2')?.bytesHeld).toBeGreaterThanOrEqual(bytesHeld))
    file.origin.heldAt = undefined
    await delivered(fleet(), names)
    expect(file.origin.counters.bytes).toBeLessThan(file.size + 4 * MIB)
    // A chunk that had come and was not noted yet when it was killed counts as one that was there.
    expect(fleet().delivery('n2')!.bytesFromPeers).toBeGreaterThanOrEqual(file.size - 2 * CHUNK)
    for (const name of names) expect(await fleet().delivered(name)).toBe(file.sha256)
  })

  test('an agent killed as soon as it has said that a file is delivered says so again, and fetches nothing', async () => {
    await startAll(fleet())
    const file = await fleet().file(16 * MIB)
    fleet().wish = { file, deliverTo: names }
    await delivered(fleet(), ['n3'])
    await fleet().programs.get('n3')!.kill('SIGKILL')
    await until(() => expect(fleet().client('n3')).toBeUndefined())
    await fleet().programs.get('n3')!.start()
    await delivered(fleet(), names)
    await until(() =>
      expect(fleet().artifact('n3')).toMatchObject({ state: 'Complete', cid: expect.any(String) }),
    )
    expect(await fleet().delivered('n3')).toBe(file.sha256)
    expect(fleet().delivery('n3')!.bytesFromPeers).toBe(file.size)
    expect(file.origin.counters.bytes).toBe(file.size)
  })
})

describe('what was damaged or lost is made good', patient, () => {
  test('a seeder that is lost with its disk while it reads: its successor asks the nodes before the origin', async () => {
    const seeder = await fleet().add('seeder', 'seeder')
    for (const name of ['n1', 'n2']) await fleet().add(name)
    const file = await fleet().file(16 * MIB, 8 * MIB)
    file.origin.heldAt = 12 * MIB
    fleet().wish = { file, deliverTo: ['n1', 'n2'] }
    await until(() => expect(fleet().artifact('n1')?.bytesHeld).toBeGreaterThan(11 * MIB))
    await until(() => expect(fleet().artifact('seeder')?.state).toBe('Ingesting'))
    await seeder.kill('SIGKILL')
    file.origin.heldAt = undefined
    await rm(join(fleet().folder, 'seeder', 'cache'), { recursive: true })
    await seeder.start()
    await delivered(fleet(), ['n1', 'n2'])
    expect(file.origin.counters.bytes).toBeLessThan(1.2 * file.size)
    expect(await fleet().delivered('n1')).toBe(file.sha256)
    await until(() =>
      expect(fleet().artifact('seeder')).toMatchObject({ state: 'Complete', sha256: file.sha256 }),
    )
  })

  test('a seeder that is lost with its disk when it has read all: its successor has it from the nodes', async () => {
    const seeder = await fleet().add('seeder', 'seeder')
    await fleet().add('n1')
    const file = await fleet().file(2 * MIB)
    fleet().wish = { file, deliverTo: ['n1'] }
    await until(() => expect(fleet().delivery('n1')?.state).toBe('Delivered'))
    const { requests } = file.origin.counters
    await seeder.kill('SIGKILL')
    await rm(join(fleet().folder, 'seeder', 'cache'), { recursive: true })
    await seeder.start()
    await until(async () => expect(await readFile(seeder.logFile, 'utf8')).toContain('asked peers'))
    const report = fleet().client('seeder')?.report
    await until(() => expect(fleet().client('seeder')?.report).not.toBe(report))
    expect(fleet().artifact('seeder')?.state).toBe('Complete')
    expect(file.origin.counters.requests).toBe(requests)
  })

  test('a byte that changed in the cache of an agent: only its chunk is fetched again', async () => {
    await fleet().add('seeder', 'seeder')
    const agent = await fleet().add('n1')
    const file = await fleet().file(4 * MIB)
    fleet().wish = { file, deliverTo: ['n1'] }
    await delivered(fleet(), ['n1'])
    fleet().wish = { file, deliverTo: [] }
    await until(() => expect(fleet().client('n1')?.report?.deliveries).toEqual([]))
    await rm(join(agent.root, 'patches', 'file.bin'))
    const [folder = ''] = await readdir(join(fleet().folder, 'n1', 'cache', 'artifacts'))
    const data = await open(join(fleet().folder, 'n1', 'cache', 'artifacts', folder, 'data'), 'r+')
    await data.write(Buffer.of(1, 2, 3, 4), 0, 4, 2 * MIB)
    await data.close()

    fleet().wish = { file, deliverTo: ['n1'] }
    await until(() =>
      expect(fleet().delivery('n1')).toMatchObject({ state: 'Delivered', bytesFromPeers: CHUNK }),
    )
    expect(await fleet().delivered('n1')).toBe(file.sha256)
  })

  test('the cache of a seeder: it reads the origin again', async () => {
    const seeder = await fleet().add('seeder', 'seeder')
    const file = await fleet().file(2 * MIB)
    fleet().wish = { file, deliverTo: [] }
    await until(() => expect(fleet().artifact('seeder')?.state).toBe('Complete'))
    await seeder.kill('SIGKILL')
    await rm(join(fleet().folder, 'seeder', 'cache'), { recursive: true })
    await seeder.start()
    await until(() =>
      expect(fleet().artifact('seeder')).toMatchObject({ state: 'Complete', originBytesRead: file.size }),
    )
    expect(file.origin.counters.bytes).toBe(2 * file.size)
  })
})
