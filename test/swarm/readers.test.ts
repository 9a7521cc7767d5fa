// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { afterAll, beforeAll, describe, expect, onTestFailed, test, vi } from 'vitest'
import { budgetOf } from '../../operator/src/tracker/budget.ts'
import { Fleet } from './support/fleet.ts'
import type { TestFile, Wish } from './support/wish.ts'

const MIB = 2 ** 20
const names = ['n1', 'n2', 'n3', 'n4']

let fleet: Fleet
beforeAll(async () => {
  fleet = await Fleet.start()
  await Promise.all([fleet.add('seeder', 'seeder'), ...names.map((name) => fleet.add(name))])
})
afterAll(() => fleet.stop())

const until = (assertion: () => void | Promise<void>) =>
  vi.waitFor(assertion, { timeout: 100_000, interval: 25 })

async function wish(file: TestFile, over: Partial<Wish> = {}): Promise<void> {
  onTestFailed(() => fleet.printLogs())
  await until(() => expect(fleet.tracker.clients()).toHaveLength(names.length + 1))
  fleet.grants.granted = 0
  fleet.grants.ranges.length = 0
  fleet.wish = { file, deliverTo: names, agentsRead: true, ...over }
}

async function expectDelivered(file: TestFile, nodes: readonly string[]): Promise<void> {
  await until(() => {
    for (const name of nodes) expect(fleet.delivery(name)?.state).toBe('Delivered')
  })
  for (const name of nodes) expect(await fleet.delivered(name)).toBe(file.sha256)
}

test('agents read disjoint parts of a file, the seeder signs and checks it, and everybody gets it', async () => {
  const file = await fleet.file(12 * MIB, 24 * MIB)
  await wish(file)
  await expectDelivered(file, names)
  await until(() => expect(fleet.artifact('seeder')?.state).toBe('Complete'))

  const { asked, counters } = file.origin
  const inOrder = asked.toSorted((a, b) => a.start - b.start)
  // Side by side and without a gap: nobody has asked for a byte that another one was to read.
  expect(inOrder[0]?.start).toBe(0)
  for (const [at, { end }] of inOrder.entries()) expect(inOrder[at + 1]?.start ?? file.size).toBe(end)
  expect([counters.bytes, fleet.grants.granted]).toEqual([file.size, file.size])
  expect(new Set(fleet.grants.ranges.map(({ name }) => name)).size).toBeGreaterThan(1)
  expect(fleet.artifact('seeder')).toMatchObject({ originBytesRead: 0, bytesFromOrigin: 0 })
  const read = names.map((name) => fleet.artifact(name)?.originBytesRead ?? 0)
  expect(read.reduce((sum, bytes) => sum + bytes, 0)).toBe(file.size)
})

test('when it is another file than the digest says, the seeder tells which node has read what', async () => {
  const file = await fleet.file(4 * MIB, 16 * MIB)
  await wish(file, { digest: `sha256:${'0'.repeat(64)}` })
  await until(() => expect(fleet.artifact('seeder')?.reason).toBe('DigestMismatch'))
  const { readBy = '' } = fleet.artifact('seeder') ?? {}
  const said = readBy.split('; ').map((one) => one.split(': ') as [string, string])
  const readers = new Set(fleet.grants.ranges.map(({ name }) => name))
  expect(said.map(([node]) => node)).toEqual([...readers].sort())
  const chunks = said.flatMap(([, words]) => words.split(', ')).map((range) => range.split('–').map(Number))
  const counts = chunks.map(([first = 0, last = first]) => last + 1 - first)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(file.size / (MIB / 4))
})

const lengthOf = (ranges: Fleet['grants']['ranges']): number =>
  ranges.reduce((sum, { start, end }) => sum + end - start, 0)

describe('a reader that gets, or states, another file than the others', () => {
  /** Slow enough that all four read. */
  async function withLiar(over: Partial<Wish>): Promise<TestFile> {
    const file = await fleet.file(8 * MIB, 8 * MIB)
    await wish(file, { misled: { n2: await fleet.forged(file) }, ...over })
    return file
  }

  test('is found out by a chunk of each, and what it has read is read again: everybody gets the file', async () => {
    const file = await withLiar({ budgetFactor: 2 })
    await expectDelivered(file, names)
    await until(() => expect(fleet.artifact('seeder')).toMatchObject({ state: 'Complete', liars: ['n2'] }))
    const { ranges } = fleet.grants
    const bytes = lengthOf(ranges.filter(({ name }) => name === 'n2'))
    expect(bytes).toBeGreaterThan(0)
    // All that it has read, and of each of the others one chunk at most.
    const again = fleet.artifact('seeder')?.originBytesRead ?? 0
    expect(again).toBeGreaterThanOrEqual(bytes)
    expect(again).toBeLessThanOrEqual(bytes + 3 * (MIB / 4))
    // A chunk that was found wrong is nobody's for a moment: another reader may be given it, too.
    expect(fleet.grants.granted).toBe(lengthOf(ranges) + again)
  })

  test('is named, with what it would take to do without it, where the budget has not got that', async () => {
    // A chunk of each of the four, and no more.
    const budgetFactor = 1 + 4 / 32
    const before = await Promise.all(names.map((name) => fleet.delivered(name)))
    const file = await withLiar({ budgetFactor })
    await until(() => expect(fleet.artifact('seeder')?.reason).toBe('DigestMismatch'))
    expect(fleet.artifact('seeder')?.message).toMatch(
      /again; n2 has stated another one for (chunk \d+|\d+ chunks, of which the first is \d+); to read what else these nodes have read again takes \d+ bytes, more than spec.origin.budgetFactor leaves; create a new PatchArtifact with 1\.[2-9] there, or take these nodes out of the profile/,
    )
    expect(fleet.grants.granted).toBeLessThanOrEqual(budgetOf(file.size, budgetFactor))
    expect(fleet.grants.granted).toBeGreaterThan(file.size)
    await until(() => {
      for (const name of names) expect(fleet.delivery(name)?.state).toBe('Failed')
    })
    expect(await Promise.all(names.map((name) => fleet.delivered(name)))).toEqual(before)
  })
})

test('a seeder that ends gives back what it has leave for and has not read', async () => {
  const file = await fleet.file(8 * MIB, 4 * MIB)
  await wish(file, { agentsRead: false })
  const { counters } = file.origin
  await until(() => expect(counters.bytes).toBeGreaterThan(MIB))
  expect(fleet.grants.granted).toBe(file.size)
  await fleet.programs.get('seeder')!.kill('SIGTERM')
  expect(fleet.grants.granted).toBeGreaterThanOrEqual(counters.bytes)
  expect(fleet.grants.granted).toBeLessThan(file.size)
  await fleet.programs.get('seeder')!.start()
  await expectDelivered(file, names)
  expect(fleet.grants.granted).toBeGreaterThanOrEqual(counters.bytes)
})

test('what a reader leaves that dies is read by another one within seconds, within the budget', async () => {
  const file = await fleet.file(12 * MIB, 3 * MIB)
  await wish(file)
  await until(() => expect(fleet.grants.ranges.length).toBeGreaterThan(12))
  const left = fleet.grants.ranges.at(-1)!
  await fleet.programs.get(left.name)!.kill('SIGKILL')
  const survivors = names.filter((name) => name !== left.name)
  await vi.waitFor(
    () => {
      const since = fleet.grants.ranges.slice(fleet.grants.ranges.indexOf(left) + 1)
      const again = since.find(({ start, end }) => start < left.end && end > left.start)
      expect(survivors).toContain(again?.name)
    },
    { timeout: 10_000, interval: 25 },
  )
  await expectDelivered(file, survivors)
  expect(file.origin.counters.bytes).toBeLessThanOrEqual(fleet.grants.granted)
  expect(fleet.grants.granted).toBeLessThanOrEqual(budgetOf(file.size, 1.2))
})
