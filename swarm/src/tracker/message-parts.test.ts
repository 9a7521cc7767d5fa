// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { ReportSchema } from '../proto/tracker_pb.ts'
import { checkParts } from './message-parts.ts'

const partsOf = (bytes: Uint8Array): number => {
  const { artifacts, deliveries, roots, changed } = fromBinary(ReportSchema, bytes)
  const within = artifacts.map(({ sources, liars }) => sources.length + liars.length)
  return (
    [artifacts, deliveries, roots, changed].reduce((sum, list) => sum + list.length, 0) +
    Math.max(0, ...within)
  )
}
/** Short fields of bytes. */
const field = (tag: readonly number[], ...body: number[]): number[] => [...tag, body.length, ...body]
const [ARTIFACT, ROOT, CHANGED] = [[0x1a], [0x32], [0x82, 0x05]]
const [STATE, SOURCE, LIAR, ABSENT, READING] = [
  [0x12],
  [0xa2, 0x01],
  [0xa2, 0x08],
  [0xba, 0x04],
  [0xc2, 0x04],
]
const three = (one: readonly number[]): number[] => [one, one, one].flat()

test.for<[string, number[]]>([
  ['artifacts', three(field(ARTIFACT))],
  ['deliveries and roots', [...field(ROOT), ...field([0x22]), ...field(ROOT)]],
  ['changed files', three(field(CHANGED))],
  ['sources of an artifact', field(ARTIFACT, ...three(field(SOURCE)))],
  ['liars', field(ARTIFACT, ...three(field(LIAR)))],
  // What is not written as its kind is, the decoder reads as if it were.
  ['artifacts whose tag says that they are numbers', three([0x18, 0x00])],
  [
    'artifacts in a text where a number belongs',
    field([0x0a], ...Array(7).fill(0), ...three(field(ARTIFACT))),
  ],
  [
    'sources in a text behind numbers of which the last does not end',
    field(ARTIFACT, ...field(ABSENT, 0x80), ...field(STATE, 0, ...three(field(SOURCE)))),
  ],
  [
    'sources in a text behind half a number',
    field(ARTIFACT, ...field(READING, 0), ...field(STATE, 0, 0, 0, 0, 0, ...three(field(SOURCE)))),
  ],
  [
    'artifacts in a root behind a text that is longer than what it stands in',
    [...field(ARTIFACT, ...STATE, 4), ...field(ROOT, 0, 0, ...three(field(ARTIFACT)))],
  ],
])('%s are found before anything is made of them', ([, bytes]) => {
  const report = Uint8Array.from(bytes)
  expect(partsOf(report)).toBeGreaterThan(2)
  expect(() => checkParts(ReportSchema, report, 2)).toThrow(/.+/)
})

test('as many as there may be, and fields that are not known, are no matter', () => {
  const report = Uint8Array.from([
    ...field([0xfa, 0x7f], 1, 2),
    ...field(ARTIFACT, ...field(SOURCE)),
    0x08 + 1,
    ...Array(8).fill(0),
  ])
  expect(() => checkParts(ReportSchema, report, 2)).not.toThrow()
})
