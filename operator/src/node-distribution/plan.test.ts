// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { progressOf } from '../node-progress.ts'
import { digest, job, MiB, now, row } from '../testing/objects.ts'
import { deliveryReport, reportOf } from '../testing/reports.ts'
import { plan } from './plan.ts'

const half = () =>
  deliveryReport({
    state: 'Fetching',
    bytesDone: 50 * MiB,
    bytesTotal: 100 * MiB,
    bytesFromPeers: 50 * MiB,
    rate: 11 * MiB,
    peers: 4,
    startedAt: now.getTime() - 5000,
  })
const done = () =>
  deliveryReport({
    ...half(),
    state: 'Delivered',
    bytesDone: 100 * MiB,
    bytesFromPeers: 100 * MiB,
    path: '/opt/patches/base/patch.bin',
    sha256: digest.slice(7),
    finishedAt: now.getTime(),
  })
const decide = (object = row('n1'), delivery = half(), lastWriteAt?: number) =>
  plan({ object, progress: progressOf(object, reportOf([delivery])), lastWriteAt, now })

describe('when a row is written', () => {
  test('never while the agent has not reported', () => {
    expect(plan({ object: row('n1'), progress: undefined, lastWriteAt: undefined, now }).when).toBe('never')
  })

  test('the first sign of work at once', () => {
    expect(decide().when).toBe('now')
  })

  test('further progress not before ten seconds after the last write', () => {
    const object = row('n1', { state: 'Fetching' })
    expect(decide(object, half(), now.getTime() - 3000)).toMatchObject({
      when: 'later',
      at: now.getTime() + 7000,
    })
  })

  test('going to and fro between states is progress too', () => {
    const object = row('n1', { state: 'Fetching' })
    expect(decide(object, deliveryReport({ state: 'Verifying' }), now.getTime()).when).toBe('later')
  })

  test('the end at once', () => {
    expect(decide(row('n1', { state: 'Fetching' }), done(), now.getTime()).when).toBe('now')
    const failed = deliveryReport({ state: 'Failed', reason: 'RootMissing' })
    expect(decide(row('n1', { state: 'Fetching' }), failed, now.getTime()).when).toBe('now')
  })

  test.for(['Delivered', 'Failed', 'Skipped'] as const)('never again once it says %s', (state) => {
    expect(decide(row('n1', { state }), half()).when).toBe('never')
  })
})

describe('what a row says', () => {
  const statusOf = (...args: Parameters<typeof decide>) => {
    const planned = decide(...args)
    if (planned.when === 'never') throw new Error('nothing to write')
    return planned.status
  }

  test('how far the node is', () => {
    expect(statusOf()).toMatchObject({
      state: 'Fetching',
      reason: 'Fetching',
      progressPercent: 50,
      rate: '11.0 MiB/s',
      peers: 4,
      bytes: { origin: 0, peers: 50 * MiB, cache: 0, total: 100 * MiB },
      startTime: '2026-11-21T11:59:55.000Z',
      conditions: [{ type: 'Ready', status: 'False', reason: 'Fetching' }],
    })
  })

  test('that the files are there, and how fast they came', () => {
    expect(statusOf(row('n1'), done())).toMatchObject({
      state: 'Delivered',
      progressPercent: 100,
      rate: '20.0 MiB/s',
      files: [{ path: '/opt/patches/base/patch.bin', sha256: digest.slice(7) }],
      completionTime: now.toISOString(),
      conditions: [{ type: 'Ready', status: 'True', reason: 'Delivered' }],
    })
  })

  test('why it failed, cut to what the API takes', () => {
    const message = 'x'.repeat(5000)
    const status = statusOf(
      row('n1'),
      deliveryReport({ state: 'Failed', reason: 'TargetNotWritable', message }),
    )
    expect(status).toMatchObject({ state: 'Failed', reason: 'TargetNotWritable' })
    expect(status.message).toHaveLength(1024)
  })

  test('100 percent only when the file has its name', () => {
    expect(statusOf(row('n1'), deliveryReport({ ...half(), bytesDone: 100 * MiB })).progressPercent).toBe(99)
  })
})

describe('a job of two artifacts', () => {
  const two = row('n1', undefined, job({ artifacts: [{ name: 'a' }, { name: 'b' }] }))
  const progress = (a: string, b: string | undefined) =>
    progressOf(
      two,
      reportOf([
        deliveryReport({ id: 'uid-job/a', state: a, bytesTotal: 10, bytesDone: 5 }),
        ...(b ? [deliveryReport({ id: 'uid-job/b', state: b, bytesTotal: 30, bytesDone: 5 })] : []),
      ]),
    )

  test.for([
    ['Fetching', 'Delivered', 'Fetching'],
    ['Fetching', 'Failed', 'Fetching'],
    ['Failed', 'Delivered', 'Failed'],
    ['Delivered', 'Delivered', 'Delivered'],
    ['Waiting', 'Verifying', 'Verifying'],
    ['Resting', 'Delivered', 'Fetching'],
  ])('%s and %s together are %s', ([a = '', b = '', together]) => {
    expect(progress(a, b)).toMatchObject({ state: together, bytesTotal: 40, bytesDone: 10 })
  })

  test('is unknown while the report speaks of one only', () => {
    expect(progress('Delivered', undefined)).toBeUndefined()
  })
})
