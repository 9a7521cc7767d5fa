// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import type { LabResult } from '../distribution/index.ts'
import { renderReport } from './closing-report.ts'

const MiB = 2 ** 20
const node = (name: string, fields: Partial<LabResult['nodes'][number]> = {}) => ({
  name,
  seconds: 12,
  complete: true,
  sha256: 'abc',
  bytesFromOrigin: 0,
  bytesFromPeers: 90 * MiB,
  bytesFromCache: 10 * MiB,
  ...fields,
})
const result = (fields: Partial<LabResult> = {}): LabResult => ({
  artifact: { name: 'a.bin', sha256: 'abc', cid: 'bafy', size: 100 * MiB, chunks: 400 },
  nodes: [node('n1'), node('n2')],
  origin: { bytes: 100 * MiB, requests: 3 },
  originAmplification: 1,
  makespanSeconds: 12,
  ingestSeconds: 9,
  directSeconds: 17,
  savingsPercent: 50,
  apiWrites: { byNode: 3, total: 20 },
  conditions: [],
  ...fields,
})

test('says how many nodes have the file, where the bytes came from and what it saved', () => {
  expect(renderReport(result())).toEqual([
    'a.bin: 100.0 MiB in 400 chunks, sha256 abc…, CID bafy',
    '',
    '  nodes complete and verified   2 of 2',
    '  last node                     12 s after the job was created (ingest 9 s)',
    '  every node on its own         17 s from the same origin',
    '  sent by the origin            100.0 MiB in 3 requests: 1 × the file',
    '  received by nodes             180.0 MiB from peers, 0 B from the origin, 20.0 MiB from their cache',
    '  saved at the origin           50 %',
    '  writes to the Kubernetes API  at most 3 for one node, 20 in all',
  ])
})

test('names the nodes that lack the file or have another, and what the job says about it', () => {
  const lines = renderReport(
    result({
      nodes: [node('n1'), node('n2', { complete: false, sha256: '' }), node('n3', { sha256: 'bad' })],
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'NodesFailed',
          message: '1 node failed.',
          lastTransitionTime: '',
        },
      ],
    }),
  )
  expect(lines).toContain('  nodes complete and verified   1 of 3   missing: n2, n3 (wrong digest)')
  expect(lines).toContain('  the job says                  NodesFailed: 1 node failed.')
})
