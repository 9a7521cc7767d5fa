// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { decide, delivered, failed, said } from '../testing/job-plans.ts'
import { condition, job, node, nodes, rollout, row } from '../testing/objects.ts'

describe('a job that keeps nodes current', () => {
  const keeps = () => job({ completionPolicy: 'KeepCurrent' }, { startTime: '2026-11-21T09:00:00Z' })
  const done = ['n1', 'n2', 'n3'].map((name) => row(name, delivered))

  test('is Ready and never Complete', () => {
    expect(said(decide({ job: keeps(), nodeDistributions: done }))).toBe('True Current')
  })

  test('begins on a node that joins', () => {
    const planned = decide({
      job: keeps(),
      nodes: nodes(4),
      connected: new Set(['n4']),
      nodeDistributions: done,
    })
    expect(planned.create.map((one) => one.spec.nodeName)).toEqual(['n4'])
  })

  test('begins on a node that joins when all its waves are over', () => {
    const waves = [{ name: 'canary', nodes: 1, soakSeconds: 0 }]
    const { spec, status } = keeps()
    const nodeDistributions = ['canary', 'rest', 'rest'].map((wave, index) =>
      row(`n${index + 1}`, delivered, keeps(), wave),
    )
    const planned = decide({
      job: job({ ...spec, rollout: rollout({ waves }) }, { ...status, wave: { name: 'rest', size: 2 } }),
      nodes: nodes(4),
      connected: new Set(['n4']),
      nodeDistributions,
    })
    expect(planned.create.map((one) => one.spec)).toMatchObject([{ nodeName: 'n4', wave: 'rest' }])
    expect(planned.status.wave).toMatchObject({ name: 'rest', size: 3 })
  })

  test('begins again on another machine of the same name, and forgets machines that are gone', () => {
    const other = { ...node('n2'), metadata: { ...node('n2').metadata, uid: 'another' } }
    const { remove } = decide({ job: keeps(), nodes: [node('n1'), other], nodeDistributions: done })
    expect(remove.map((one) => one.spec.nodeName)).toEqual(['n2', 'n3'])
  })

  test('brings a file again that is gone or another one, and says so', () => {
    const changed = new Set([row('n2').metadata.name])
    const before = { ...delivered, conditions: [condition('Ready', 'Delivered')] }
    const nodeDistributions = ['n1', 'n2', 'n3'].map((name) => row(name, before))
    const again = decide({ job: keeps(), nodeDistributions, changed })
    expect(said(again)).toBe('False Reconciling Distributing')
    expect(again.rows).toMatchObject([
      { object: { spec: { nodeName: 'n2' } }, status: { state: 'Waiting', attempt: 2 } },
    ])
    expect(again.rows[0]?.status.message).toMatch(/^Try 2, after Changed: The delivered file was changed/)
    expect(again.status).toMatchObject({ desired: 3, succeeded: 2, active: 1, waiting: 0 })
  })

  test('leaves a file to the job that has taken over', () => {
    const nodeDistributions = [row('n2', { ...delivered, conditions: [condition('Ready', 'Delivered')] })]
    const repairs = (replacers: ReadonlyMap<string, string>) =>
      decide({
        job: keeps(),
        nodes: [node('n2')],
        nodeDistributions,
        changed: new Set([row('n2').metadata.name]),
        replacers,
      }).rows
    expect(repairs(new Map())).toHaveLength(1)
    expect(repairs(new Map([['n2', 'next']]))).toEqual([])
  })

  test('says which nodes failed and is not over', () => {
    const rows = [row('n1', delivered), row('n2', failed), row('n3', delivered)]
    expect(said(decide({ job: keeps(), nodeDistributions: rows }))).toBe('False Stalled NodesFailed')
  })
})
