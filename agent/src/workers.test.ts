// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DeliveryJournal, openJournal } from '@patchswarm/swarm/delivery'
import type { Exchange } from '@patchswarm/swarm/exchange'
import { openStore, type Store } from '@patchswarm/swarm/store'
import type { DesiredState } from '@patchswarm/swarm/tracker'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Baselines } from './delivery/baselines.ts'
import { Landings } from './delivery/landings.ts'
import { Workers } from './workers.ts'

const log = pino({ level: 'silent' })
const exchange = { leave() {} } as unknown as Exchange

let folder: string
let store: Store
let workers: Workers
let journal: DeliveryJournal
/** Where the small files lie that every desired state writes. */
let small: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchswarm-workers-'))
  small = join(folder, 'small')
  store = await openStore(folder, { log })
  journal = await openJournal(join(small, 'deliveries.json'), log)
  workers = new Workers({
    role: 'agent',
    store,
    exchange,
    roots: new Map([['/srv', join(folder, 'root')]]),
    journal,
    baselines: await Baselines.open(join(small, 'baselines.json')),
    landings: new Landings({ device: 0, sharesExtents: false }),
    log,
    askRoom() {},
    onEnd() {},
  })
  await mkdir(join(folder, 'root'))
})
afterEach(async () => {
  await workers.stop()
  await store.close()
  await rm(folder, { recursive: true })
})

const swarmId = (of: number) => Buffer.alloc(32, of)
const artifact = (of: number) => ({
  swarmId: swarmId(of),
  name: `test/${of}`,
  ...{ digest: '', cid: '', failure: '', size: 10, wanted: true, readers: [] },
})
const delivery = (of: number) => ({
  id: `job/${of}`,
  swarmId: swarmId(of),
  ...{ method: 'Auto', directory: '/srv', fileName: `${of}.bin`, suspended: false },
})
/** Artifacts and deliveries of these numbers. */
const desired = (revision: number, numbers: readonly number[], deliveries = numbers) =>
  ({
    revision,
    wipe: false,
    artifacts: numbers.map(artifact),
    deliveries: deliveries.map(delivery),
  }) as unknown as DesiredState

const held = () =>
  [...workers.artifacts.values()].map(({ account }) => [account.view().state, account.view().reason])
const states = () => [...workers.deliveries.values()].map((one) => [one.view().state, one.view().reason])

test('an artifact that the store could not open is held as soon as it can', async () => {
  const artifacts = join(folder, 'artifacts')
  await rm(artifacts, { recursive: true })
  await writeFile(artifacts, '')
  await workers.desire(desired(1, [1]), true)
  expect(states()).toEqual([['Failed', 'StoreError']])
  expect(held()).toEqual([['Failed', 'StoreError']])
  await rm(artifacts)
  await workers.desire(desired(2, [1], []), true)
  expect(held()).toEqual([['Waiting', 'WaitingForArtifact']])
})

test('what a killed delivery left beside its file goes when the delivery is not listed any more', async () => {
  await journal.claim('/srv/1.bin', 'job/1', 'sha256:')
  const left = join(folder, 'root', '.1.bin.patchswarm-0123456789abcdef')
  await writeFile(left, 'half')
  await workers.desire(desired(1, [1]), true)
  expect(await readdir(join(folder, 'root'))).toHaveLength(1)
  await workers.desire(desired(2, [1], []), true)
  expect(await readdir(join(folder, 'root'))).toEqual([])
  expect(journal.entries().size).toBe(0)
})

describe('while small files of the cache cannot be written', () => {
  beforeEach(() => rm(small, { recursive: true }))

  test('a desired state is carried out: its deliveries fail with the reason, its artifacts are held', async () => {
    await workers.desire(desired(3, [1, 2]), true)
    expect(states()).toEqual([
      ['Failed', 'StoreError'],
      ['Failed', 'StoreError'],
    ])
    expect(store.list()).toHaveLength(2)
    expect(workers.revision).toBe(3)
    // What comes when they can be written again is begun.
    await mkdir(small)
    await workers.desire(desired(4, [1, 2, 3], [3]), true)
    expect(states()).toEqual([['Waiting', 'WaitingForArtifact']])
  })

  test('an artifact that is not listed any more leaves the disk', async () => {
    await mkdir(small)
    await workers.desire(desired(1, [1, 2]), true)
    await rm(small, { recursive: true })
    await workers.desire(desired(2, [2]), true)
    expect(store.list().map(({ key }) => key)).toEqual([swarmId(2).toString('hex')])
    expect(workers.revision).toBe(2)
  })
})
