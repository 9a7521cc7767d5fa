// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { decide, failed, said } from '../testing/job-plans.ts'
import { job, nodes, operatorNamespace, readyArtifact, rollout, row } from '../testing/objects.ts'

describe('a path that another job has', () => {
  const claim = {
    node: 'n1',
    path: '/opt/patches/base/patch.bin',
    namespace: operatorNamespace,
    job: 'first',
    atWork: false,
    same: false,
  }
  const claims = new Map([['n1', [claim]]])
  const working = new Map(['n1', 'n2', 'n3'].map((name) => [name, [{ ...claim, atWork: true, same: true }]]))

  test('turns its node away, within what may begin at once', () => {
    const { create, status } = decide({ nodes: nodes(1), claims })
    expect(create[0]?.spec.refusal).toMatchObject({ reason: 'PathConflict' })
    expect(status).toMatchObject({ desired: 1, active: 1, failed: 0 })
  })

  test('however long it is, the row takes what is said of it', () => {
    const deep = new Map([['n1', [{ ...claim, path: `/${'x'.repeat(1200)}` }]]])
    const { create } = decide({ nodes: nodes(1), claims: deep })
    expect(create[0]?.spec.refusal?.message).toHaveLength(1024)
  })

  test('makes the row of a node that was turned away a failed one, whatever holds by then', () => {
    const [made] = decide({ nodes: nodes(1), claims }).create
    const rows = made ? [made] : []
    const written = decide({ nodes: nodes(1), nodeDistributions: rows }).rows
    expect(written).toMatchObject([
      {
        object: made,
        status: { state: 'Failed', reason: 'PathConflict', message: made?.spec.refusal?.message },
      },
    ])
  })

  test('says nothing of the row any more once that has ended, or tries again', () => {
    const [made] = decide({ nodes: nodes(1), claims }).create
    if (!made) throw new Error('no row')
    for (const status of [failed, { state: 'Waiting' as const, attempt: 2 }]) {
      expect(decide({ nodes: nodes(1), nodeDistributions: [{ ...made, status }] }).rows).toEqual([])
    }
  })

  test('is asked for again when a node tries again', () => {
    const again = job({ rollout: rollout({ retryToken: 'mended' }) })
    const nodeDistributions = [row('n1', failed)]
    const still = decide({ job: again, nodes: nodes(1), nodeDistributions, claims })
    expect(still.rows).toMatchObject([
      { status: { state: 'Failed', reason: 'PathConflict', attempt: 2, retryToken: 'mended' } },
    ])
    const free = decide({ job: again, nodes: nodes(1), nodeDistributions })
    expect(free.rows).toMatchObject([{ status: { state: 'Waiting', attempt: 2 } }])
  })

  test('is waited for where the same file is on its way, and the job says so', () => {
    const planned = decide({ claims: working })
    expect(said(planned)).toBe('False Reconciling WaitingForPaths')
    expect(planned.create).toEqual([])
    expect(planned.status.conditions?.[0]?.message).toMatch(
      /patchswarm-system\/first still writes .* 3 nodes/,
    )
  })

  test('of a job that replaces this one: the node is left to it', () => {
    const planned = decide({ replacers: new Map([['n1', 'next']]) })
    expect(planned.create.map((one) => one.spec.nodeName).sort()).toEqual(['n2', 'n3'])
    expect(planned.status.skippedNodes).toMatchObject([{ node: 'n1', reason: 'Replaced' }])
  })

  test('on every node ends a job that has nothing left to do', () => {
    const all = new Map(['n1', 'n2', 'n3'].map((name) => [name, 'next']))
    expect(said(decide({ replacers: all }))).toBe('True Complete Completed')
  })

  test('twice in one job stalls it', () => {
    const twin = { ...readyArtifact(), metadata: { ...readyArtifact().metadata, name: 'twin' } }
    const two = job({ artifacts: [{ name: 'patch' }, { name: 'twin' }] })
    expect(said(decide({ job: two, artifacts: [readyArtifact(), twin] }))).toBe('False Stalled PathConflict')
  })
})
