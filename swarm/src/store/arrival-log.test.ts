// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Arrival, ArrivalLog } from './arrival-log.ts'
import { test } from './store.fixture.ts'

const arrivals: Arrival[] = [
  { index: 7, source: 'peers' },
  { index: 70_000, source: 'copy' },
  { index: 0, source: 'cache' },
  { index: 1, source: 'origin' },
]

async function reread(path: string): Promise<Arrival[]> {
  const { log, arrivals: found } = await ArrivalLog.open(path)
  await log.close()
  return found
}

test('tells the next process what arrived, in order, however the appends fell together', async ({
  folder,
}) => {
  const path = join(folder, 'arrivals')
  const { log } = await ArrivalLog.open(path)
  await Promise.all(arrivals.map((arrival) => log.append([arrival])))
  await log.close()
  expect(await reread(path)).toEqual(arrivals)
})

test('goes on after what an earlier process left', async ({ folder }) => {
  const path = join(folder, 'arrivals')
  for (const arrival of arrivals) {
    const { log } = await ArrivalLog.open(path)
    await log.append([arrival])
    await log.close()
  }
  expect(await reread(path)).toEqual(arrivals)
})

test('is not cleared when a chunk arrived after the mark, for the sync did not cover it', async ({
  folder,
}) => {
  const path = join(folder, 'arrivals')
  const { log } = await ArrivalLog.open(path)
  await log.append(arrivals.slice(0, 1))
  const mark = log.mark
  const late = log.append(arrivals.slice(1))
  await log.clear(mark)
  await late
  expect(await reread(path)).toEqual(arrivals)
  await log.clear(log.mark)
  expect(await reread(path)).toEqual([])
  await log.append(arrivals)
  expect(await reread(path)).toEqual(arrivals)
  await log.close()
})

test('leaves out an entry that was torn, and writes over it', async ({ folder }) => {
  const path = join(folder, 'arrivals')
  const { log } = await ArrivalLog.open(path)
  await log.append(arrivals)
  await log.close()
  await truncate(path, 3 * 8 + 3)
  expect(await reread(path)).toEqual(arrivals.slice(0, 3))
  const { log: next } = await ArrivalLog.open(path)
  await next.append(arrivals.slice(3))
  await next.close()
  expect(await reread(path)).toEqual(arrivals)
})
