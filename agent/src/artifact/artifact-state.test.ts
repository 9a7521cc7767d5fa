// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { artifactState, type Situation } from './artifact-state.ts'

const fetching: Situation = {
  role: 'agent',
  collects: false,
  wanted: true,
  suspended: false,
  cid: 'bafy',
  complete: false,
  growing: false,
  refuted: false,
  ingested: undefined,
  peers: 2,
  failure: undefined,
  ingestFailure: undefined,
  shortage: undefined,
  trouble: undefined,
}
const away = { reason: 'OriginUnreachable', message: 'answers 500', final: false, bytesHeld: 10 }

test.for<{ name: string; situation: Partial<Situation>; state: string; reason: string }>([
  { name: 'is fetched from connected peers', situation: {}, state: 'Fetching', reason: 'Fetching' },
  { name: 'without a peer waits', situation: { peers: 0 }, state: 'Waiting', reason: 'WaitingForPeers' },
  { name: 'waits for its CID', situation: { cid: '' }, state: 'Waiting', reason: 'WaitingForArtifact' },
  {
    name: 'whose CID nobody knows yet is fetched while the seeder reads',
    situation: { cid: '', growing: true },
    state: 'Fetching',
    reason: 'Fetching',
  },
  {
    name: 'that turned out to be another file waits',
    situation: { cid: '', refuted: true },
    state: 'Waiting',
    reason: 'WaitingForArtifact',
  },
  { name: 'of a suspended job waits', situation: { suspended: true }, state: 'Waiting', reason: 'Suspended' },
  { name: 'that nobody wants waits', situation: { wanted: false }, state: 'Waiting', reason: 'NotWanted' },
  {
    name: 'that is whole is complete, suspended or not',
    situation: { complete: true, suspended: true },
    state: 'Complete',
    reason: '',
  },
  {
    name: 'that cannot be stored now says so',
    situation: { trouble: { reason: 'InsufficientDisk', message: '', since: 5 } },
    state: 'Fetching',
    reason: 'InsufficientDisk',
  },
  {
    name: 'that cannot be held has failed',
    situation: { failure: { reason: 'StoreError', message: 'EIO' }, complete: true },
    state: 'Failed',
    reason: 'StoreError',
  },
  {
    name: 'at a seeder is about to be read',
    situation: { role: 'seeder' },
    state: 'Waiting',
    reason: 'Resolving',
  },
  {
    name: 'at a seeder is being read',
    situation: { role: 'seeder', ingested: 0 },
    state: 'Ingesting',
    reason: 'Ingesting',
  },
  {
    name: 'whose origin is away has failed for now',
    situation: { role: 'seeder', ingestFailure: away },
    state: 'Failed',
    reason: 'OriginUnreachable',
  },
  {
    name: 'whose new try is no further is still failed',
    situation: { role: 'seeder', ingestFailure: away, ingested: 10 },
    state: 'Failed',
    reason: 'OriginUnreachable',
  },
  {
    name: 'whose new try is further is being read',
    situation: { role: 'seeder', ingestFailure: away, ingested: 11 },
    state: 'Ingesting',
    reason: 'Ingesting',
  },
  {
    name: 'whose digest is wrong has failed for good',
    situation: {
      role: 'seeder',
      ingestFailure: { ...away, reason: 'DigestMismatch', final: true },
      ingested: 11,
    },
    state: 'Failed',
    reason: 'DigestMismatch',
  },
])('an artifact $name', ({ situation, state, reason }) => {
  expect(artifactState({ ...fetching, ...situation })).toMatchObject({ state, reason })
})

test('an artifact that cannot be stored says since when', () => {
  const trouble = { reason: 'InsufficientDisk', message: 'full', since: 5 }
  expect(artifactState({ ...fetching, trouble })).toMatchObject({ message: 'full', troubleSince: 5 })
})
