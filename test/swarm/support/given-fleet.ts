// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { afterEach, beforeEach, expect, vi } from 'vitest'
import { Fleet } from './fleet.ts'

export const MIB = 2 ** 20
/** What files of the sizes of tests are cut into. */
export const CHUNK = 256 * 1024

/** A fleet of its own for each test of a file, which tells what its programs have logged when the test fails. */
export function givenFleet(): () => Fleet {
  let fleet: Fleet
  beforeEach(async () => {
    fleet = await Fleet.start()
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await fleet.printLogs()
    await fleet.stop()
  })
  return () => fleet
}

/** For tests with real processes on a machine that may be busy. */
export const patient = { timeout: 150_000 }

export const until = (assertion: () => void | Promise<void>) =>
  vi.waitFor(assertion, { timeout: 100_000, interval: 25 })

/** Of the agents of `startAll`. */
export const names = ['n1', 'n2', 'n3']

/** A seeder and three agents. */
export async function startAll(fleet: Fleet): Promise<void> {
  await fleet.add('seeder', 'seeder')
  for (const name of names) await fleet.add(name)
}

/** Waits until these agents say that they have delivered. */
export const delivered = (fleet: Fleet, agents: readonly string[]) =>
  until(() => {
    for (const name of agents) expect(fleet.delivery(name)).toMatchObject({ state: 'Delivered' })
  })
