// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { describe, expect, test } from 'vitest'
import { countProgress, countWrites } from './audit-log.ts'
import { objectName } from './example.ts'
import { isVerified, type Measurements, type NodeResult, summarize } from './result.ts'

const node = (name: string, fields: Partial<NodeResult> = {}): NodeResult => ({
  name,
  seconds: 10,
  complete: true,
  sha256: 'good',
  bytesFromOrigin: 0,
  bytesFromPeers: 1000,
  bytesFromCache: 0,
  ...fields,
})
const measured = (fields: Partial<Measurements> = {}): Measurements => ({
  artifact: { name: 'a', sha256: 'good', cid: 'bafy', size: 1000, chunks: 1 },
  nodes: [node('n1'), node('n2', { seconds: 12.3456 }), node('n3'), node('n4')],
  origin: { bytes: 1010, requests: 2 },
  originBytesPerSecond: 100,
  ingestSeconds: 9,
  apiWrites: { byNode: 3, total: 20 },
  conditions: [],
  ...fields,
})

describe('summarize', () => {
  test('compares with every node downloading for itself', () => {
    expect(summarize(measured())).toMatchObject({
      makespanSeconds: 12.35,
      directSeconds: 40,
      originAmplification: 1.01,
      savingsPercent: 74.8,
    })
  })
})

describe('isVerified', () => {
  test.for([
    ['every node is complete with the right digest', [node('n1'), node('n2')], true],
    ['one is not complete', [node('n1'), node('n2', { complete: false })], false],
    ['one has other bytes', [node('n1'), node('n2', { sha256: 'bad' })], false],
    ['there is no node', [], false],
  ] as const)('when %s', ([, nodes, expected]) => {
    expect(isVerified(summarize(measured({ nodes: [...nodes] })))).toBe(expected)
  })
})

describe('countWrites', () => {
  const write = (user: string, resource: string, name: string, at = 100) => ({
    user,
    resource,
    name,
    at,
    verb: 'patch',
  })
  const ours = 'system:serviceaccount:patchswarm-system:patchswarm-operator'
  const nodes = new Map([
    ['job-1', 'n1'],
    ['job-2', 'n2'],
  ])

  test('takes the node with the most writes and counts no Lease, no older write and nobody else', () => {
    const writes = [
      write(ours, 'nodedistributions', 'job-1'),
      write(ours, 'nodedistributions', 'job-1'),
      write(ours, 'nodedistributions', 'job-2'),
      write(ours, 'distributionjobs', 'job'),
      write(ours, 'leases', 'patchswarm-operator'),
      write(ours, 'nodedistributions', 'job-1', 99),
      write('system:node:n1', 'pods', 'agent'),
    ]
    const filter = { userPrefix: 'system:serviceaccount:patchswarm-system:patchswarm-', since: 100 }
    expect(countWrites(writes, filter, (name) => nodes.get(name))).toEqual({ byNode: 2, total: 4 })
  })

  test('takes for progress what is neither the making of a row nor its beginning or end', () => {
    const of = (name: string, ...times: number[]) =>
      times.map((at) => write(ours, 'nodedistributions', name, at))
    const writes = [
      ...of('job-1', 100, 1000, 2000, 4000, 9000),
      ...of('job-2', 100, 1000, 2999, 9000),
      ...of('job-3', 100, 1000, 9000),
      ...of('older', 1, 2, 3, 4, 5),
    ]
    expect(countProgress(writes, { userPrefix: ours, since: 100 })).toEqual({
      total: 3,
      perSecond: 1,
      mostInASecond: 2,
    })
  })
})

test.for([
  ['node-v24.21.0-linux-x64', 'node-v24.21.0-linux-x64'],
  ['My Patch (1).BIN', 'my-patch-1.bin'],
  ['a..b-.-c', 'a.b.c'],
  [`${'x'.repeat(49)}-y`, 'x'.repeat(49)],
  ['___', 'file'],
  ['.hidden.', 'hidden'],
] as const)('objectName(%s) is %s', ([fileName, expected]) => {
  expect(objectName(fileName)).toBe(expected)
})
