// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { ReportSchema } from '../proto/tracker_pb.ts'
import { checkedReport } from './checked-report.ts'

type Init = MessageInitShape<typeof ReportSchema>
const checked = (init: Init) => checkedReport(create(ReportSchema, init))
const swarmId = new Uint8Array(32).fill(1)
const long = 'x'.repeat(5000)
const most = Number.MAX_SAFE_INTEGER

test('what an honest agent says stays as it is', () => {
  const report = create(ReportSchema, {
    seq: 7,
    desiredRevision: 1_795_402_901_782_001,
    artifacts: [
      { swarmId, state: 'Fetching', bytesHeld: 2 ** 40, rate: 0.5, absent: [0, 4], reading: [0, 9] },
    ],
    deliveries: [{ id: 'job/a', path: '/srv/a', startedAt: 1_795_402_901_782, finishedAt: 0 }],
    cache: { usedBytes: 5, refusal: '' },
    roots: [{ path: '/srv', ready: true }],
    changed: ['job/b'],
  })
  expect(checkedReport(report)).toBe(report)
})

test.for<[string, Init, Init]>([
  ['half a byte', { cache: { usedBytes: 1.5 } }, { cache: { usedBytes: 1 } }],
  ['less than nothing', { cache: { usedBytes: -1 } }, { cache: { usedBytes: 0 } }],
  ['no number', { cache: { usedBytes: Number.NaN } }, { cache: { usedBytes: 0 } }],
  ['without end', { cache: { usedBytes: Infinity } }, { cache: { usedBytes: most } }],
  [
    'bytes of an origin',
    { artifacts: [{ swarmId, originBytesRead: 0.5 }] },
    { artifacts: [{ swarmId, originBytesRead: 0 }] },
  ],
  ['half a range', { artifacts: [{ reading: [0, 2.5] }] }, { artifacts: [{ reading: [0, 2] }] }],
  ['a rate without end', { deliveries: [{ rate: Infinity }] }, { deliveries: [{ rate: most }] }],
  [
    'a time that no date holds',
    { deliveries: [{ startedAt: -1, finishedAt: 1e17 }] },
    { deliveries: [{ startedAt: 0, finishedAt: Date.parse('9999-12-31T23:59:59.999Z') }] },
  ],
  [
    'more peers than a status can count',
    { deliveries: [{ peers: 2 ** 32 - 1 }] },
    { deliveries: [{ peers: 2 ** 31 - 1 }] },
  ],
  ['a long message', { cache: { refusal: long } }, { cache: { refusal: long.slice(0, 1024) } }],
  ['a long path', { deliveries: [{ path: long }] }, { deliveries: [{ path: long.slice(0, 4096) }] }],
  [
    'a long digest',
    { artifacts: [{ sha256: long, cid: long, signature: long }] },
    { artifacts: [{ sha256: long.slice(0, 64), cid: long.slice(0, 128), signature: long.slice(0, 512) }] },
  ],
  [
    'more roots than a profile has',
    { roots: Array.from({ length: 33 }, () => ({ path: '/a' })) },
    { roots: Array.from({ length: 32 }, () => ({ path: '/a' })) },
  ],
  [
    'more sources than an artifact has',
    { artifacts: [{ sources: Array.from({ length: 9 }, () => ({ url: 'u' })) }] },
    { artifacts: [{ sources: Array.from({ length: 8 }, () => ({ url: 'u' })) }] },
  ],
])('%s becomes what a status can hold', ([, said, taken]) => {
  expect(checked(said)).toEqual(create(ReportSchema, taken))
})

test('a report is taken from the agent alone that says it: the one that was given stays as it was', () => {
  const report = create(ReportSchema, { cache: { usedBytes: 0.5 } })
  checkedReport(report)
  expect(report.cache?.usedBytes).toBe(0.5)
})
