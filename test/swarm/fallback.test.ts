// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Fleet } from './support/fleet.ts'
import type { TestFile } from './support/wish.ts'

const MIB = 2 ** 20
const names = ['n1', 'n2']
const stallMs = 1500

let fleet: Fleet
beforeEach(async () => {
  fleet = await Fleet.start()
})
afterEach(() => fleet.stop())

const until = (assertion: () => void | Promise<void>) =>
  vi.waitFor(assertion, { timeout: 100_000, interval: 25 })

/** Two agents have a part of the file each, and the seeder is gone for good. */
async function strand(): Promise<TestFile> {
  await fleet.add('seeder', 'seeder')
  for (const name of names) await fleet.add(name)
  const file = await fleet.file(64 * MIB)
  fleet.wish = { file, deliverTo: [] }
  await until(() => expect(fleet.artifact('seeder')?.state).toBe('Complete'))
  // Slowly, so that neither has all of it when the seeder goes.
  fleet.wish = { file, deliverTo: names, download: 8 * MIB }
  await until(() => {
    for (const name of names) expect(fleet.artifact(name)?.bytesHeld).toBeGreaterThan(2 * MIB)
  })
  await fleet.programs.get('seeder')!.kill('SIGKILL')
  return file
}

test('nothing moves: agents leave the origin alone unless they may read it, and then one reads it for all', async () => {
  const file = await strand()
  const { counters } = file.origin
  const before = { ...counters }
  await sleep(2 * stallMs)
  expect(names.map((name) => fleet.delivery(name)?.state)).not.toContain('Delivered')
  expect(counters).toEqual(before)

  fleet.wish = { file, deliverTo: names, afterStallMs: stallMs }
  await until(() => {
    for (const name of names) expect(fleet.delivery(name)?.state).toBe('Delivered')
  })
  let total = 0
  for (const name of names) {
    expect(await fleet.delivered(name)).toBe(file.sha256)
    const { bytesFromOrigin, bytesFromPeers } = fleet.delivery(name)!
    expect(bytesFromOrigin + bytesFromPeers).toBe(file.size)
    total += bytesFromOrigin
  }
  // Nothing twice: what one has read the other gets from it.
  expect(total).toBeGreaterThan(0)
  expect(total).toBeLessThan(file.size)
  expect(counters.bytes - before.bytes).toBe(total)
})
