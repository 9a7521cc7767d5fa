// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { givenFleet, MIB, names, patient, startAll, until } from '../support/given-fleet.ts'

const fleet = givenFleet()

describe('what goes wrong is reported with its reason', patient, () => {
  test('a digest that is not the one of the file, and nothing is delivered', async () => {
    await startAll(fleet())
    const file = await fleet().file(8 * MIB)
    file.origin.heldAt = 6 * MIB
    fleet().wish = { file, deliverTo: names, digest: `sha256:${'0'.repeat(64)}` }
    await until(() => {
      for (const name of names) expect(fleet().artifact(name)?.bytesHeld).toBeGreaterThan(0)
    })
    file.origin.heldAt = undefined
    await until(() =>
      expect(fleet().artifact('seeder')).toMatchObject({
        state: 'Failed',
        reason: 'DigestMismatch',
        sha256: file.sha256,
      }),
    )
    await until(() => {
      for (const name of names) {
        expect(fleet().artifact(name)).toMatchObject({ bytesHeld: 0, chunksHeld: 0 })
        expect(fleet().delivery(name)).toMatchObject({ state: 'Failed', reason: 'DigestMismatch' })
      }
    })
    for (const name of names) {
      expect(await readdir(join(fleet().programs.get(name)!.root, 'patches')).catch(() => [])).toEqual([])
    }
    expect(file.origin.counters.bytes).toBe(file.size)
  })

  test('a directory outside the allowed roots', async () => {
    await startAll(fleet())
    const file = await fleet().file(MIB)
    fleet().wish = { file, deliverTo: ['n1'], directory: '/etc' }
    await until(() =>
      expect(fleet().delivery('n1')).toMatchObject({ state: 'Failed', reason: 'DirectoryNotAllowed' }),
    )
    // It was found out before a byte moved.
    expect(fleet().artifact('n1')).toMatchObject({ bytesHeld: 0, bytesFromPeers: 0 })
  })

  test('a root that this node does not have', async () => {
    await fleet().add('seeder', 'seeder')
    const agent = await fleet().add('n1')
    await rm(agent.root, { recursive: true })
    const file = await fleet().file(MIB)
    fleet().wish = { file, deliverTo: ['n1'] }
    await until(() =>
      expect(fleet().delivery('n1')).toMatchObject({ state: 'Failed', reason: 'RootMissing' }),
    )
    expect(fleet().client('n1')?.report?.roots).toMatchObject([
      { path: '/srv/files', ready: false, reason: 'RootMissing' },
    ])
  })

  test('an origin that is away, which is tried again until it is back', async () => {
    await fleet().add('seeder', 'seeder')
    const file = await fleet().file(MIB)
    file.origin.fault = { kind: 'status', status: 500 }
    fleet().wish = { file, deliverTo: [] }
    await until(() =>
      expect(fleet().artifact('seeder')).toMatchObject({ state: 'Failed', reason: 'OriginUnreachable' }),
    )
    file.origin.fault = undefined
    await until(() => expect(fleet().artifact('seeder')?.state).toBe('Complete'))
  })

  test('an origin budget that is used up, until the file is read for an artifact that has more', async () => {
    await fleet().add('seeder', 'seeder')
    fleet().grants.budget = MIB
    const file = await fleet().file(2 * MIB)
    fleet().wish = { file, deliverTo: [], spec: 'uid-a/1' }
    await until(() =>
      expect(fleet().artifact('seeder')).toMatchObject({
        state: 'Failed',
        reason: 'OriginBudgetExhausted',
        failedSpec: 'uid-a/1',
      }),
    )
    expect(file.origin.counters.bytes).toBe(MIB)
    fleet().grants.budget = 2 * MIB
    fleet().wish = { file, deliverTo: [], spec: 'uid-b/1' }
    await until(() => expect(fleet().artifact('seeder')?.state).toBe('Complete'))
    expect(file.origin.counters.bytes).toBe(file.size)
  })
})
