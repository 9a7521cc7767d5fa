// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { decide, failed, progress } from '../testing/job-plans.ts'
import { condition, job, MiB, node, nodes, readyArtifact, rollout, row } from '../testing/objects.ts'

describe('the numbers', () => {
  const rows = ['n1', 'n2', 'n3'].map((name) => row(name))
  const live = new Map(
    rows.map((one, index) => [one.metadata.name, progress((index + 1) * 20 * MiB, 4 * MiB)]),
  )

  test('progress, bytes, saving, amplification and estimate follow from the reports', () => {
    const { status } = decide({ nodeDistributions: rows, live })
    expect(status).toMatchObject({
      progressPercent: 40,
      bytes: { origin: 100 * MiB, peers: 120 * MiB, cache: 0, total: 300 * MiB },
      savings: { bytes: 200 * MiB, percent: 66 },
      originAmplification: '1.000',
      estimatedCompletion: '2026-11-21T12:00:20.000Z',
      slowestNodes: [
        { node: 'n1', progressPercent: 20 },
        { node: 'n2', progressPercent: 40 },
        { node: 'n3', progressPercent: 60 },
      ],
    })
  })

  test.for([
    { name: 'longer than dates go', rate: 1e-9, estimate: undefined },
    { name: 'more than a hundred years', rate: 0.03, estimate: undefined },
    { name: 'long', rate: 1, estimate: '2030-03-19T03:06:40.000Z' },
  ])('an estimate of what takes $name', ({ rate, estimate }) => {
    const [first] = rows
    const slow = new Map([[first?.metadata.name ?? '', progress(0, rate)]])
    const { status } = decide({ nodes: nodes(1), nodeDistributions: rows.slice(0, 1), live: slow })
    expect(status.estimatedCompletion).toBe(estimate)
  })

  test('what a node says of why it is not ready is cut to what the API takes', () => {
    const ready = { ...condition('Ready', 'Lost', 'False'), message: 'x'.repeat(5000) }
    const lost = { ...node('n1'), status: { conditions: [ready] } }
    const { status } = decide({ nodes: [lost, node('n2')] })
    expect(status.skippedNodes?.map(({ message }) => message.length)).toEqual([1024])
  })

  test('a saving is never negative, whatever the origin has sent', () => {
    const noSaving = { bytes: 0, percent: 0 }
    const gone = decide({ nodes: [], nodeDistributions: rows })
    expect(gone.status).toMatchObject({ skipped: 3, savings: noSaving, originAmplification: '1.000' })
    const failing = decide({ nodeDistributions: ['n1', 'n2', 'n3'].map((name) => row(name, failed)) })
    expect(failing.status).toMatchObject({ failed: 3, savings: noSaving })
  })

  test('an amplification has a place in the status, whatever readers say that they have read', () => {
    const { status = {}, ...one } = readyArtifact()
    const origin = { bytesGranted: 1, bytesRead: Number.MAX_SAFE_INTEGER }
    const gone = decide({ artifacts: [{ ...one, status: { ...status, size: 1, origin } }] })
    expect(gone.status.originAmplification).toBe('999999999.000')
  })

  test('at most 20 failed and 5 slow nodes are named', () => {
    const many = nodes(60)
    const nodeDistributions = many.map((one, index) =>
      row(one.metadata.name, index < 30 ? { state: 'Failed', reason: 'RootMissing', message: 'gone' } : {}),
    )
    const { status } = decide({ nodes: many, nodeDistributions })
    expect(status).toMatchObject({ desired: 60, failed: 30, active: 30 })
    expect(status.failedNodes).toHaveLength(20)
    expect(status.slowestNodes).toHaveLength(5)
  })

  test('a report of a finished download does not count before it is written down', () => {
    const first = rows.slice(0, 1)
    const done = new Map(
      first.map((one) => [one.metadata.name, { ...progress(100 * MiB), state: 'Delivered' as const }]),
    )
    const { status } = decide({ nodes: nodes(1), nodeDistributions: first, live: done })
    expect(status).toMatchObject({
      active: 1,
      succeeded: 0,
      slowestNodes: [{ node: 'n1', progressPercent: 99 }],
    })
  })

  test.for([
    { name: 'one that had begun', wave: { name: 'half', size: 5, finished: 2 } },
    { name: 'none before', wave: undefined },
  ])('while the job cannot run its wave is what it was: $name', ({ wave }) => {
    const waves = [{ name: 'half', nodes: '50%', soakSeconds: 0 }]
    const of = job({ rollout: rollout({ waves }) }, wave && { wave })
    expect(decide({ job: of, profile: undefined }).status.wave).toEqual(wave)
  })
})
