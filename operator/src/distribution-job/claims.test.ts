// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { DistributionJob } from '@patchswarm/api'
import { expect, test } from 'vitest'
import { observed } from '../testing/job-plans.ts'
import { artifact, condition, digest, job, now, readyArtifact, rollout, row } from '../testing/objects.ts'
import { type Claim, claimsOf } from './claims.ts'
import { footingOf } from './footing.ts'
import { samePath } from './paths.ts'

const path = '/opt/patches/base/patch.bin'
const other = (spec: Partial<DistributionJob['spec']> = {}, status?: DistributionJob['status']) => {
  const made = job({ artifacts: [{ name: 'other' }], ...spec }, status)
  return { ...made, metadata: { ...made.metadata, name: 'first', uid: 'uid-first' } }
}
const otherDigest = `sha256:${'cd'.repeat(32)}`
const otherArtifact = artifact({ digest: otherDigest }, undefined, 'other')
const delivered = {
  state: 'Delivered' as const,
  completionTime: now.toISOString(),
  files: [{ path, sha256: 'cd'.repeat(32) }],
}
const failed = { state: 'Failed' as const, completionTime: now.toISOString() }
const over = { conditions: [condition('Complete', 'Completed')] }
const refusal = { reason: 'PathConflict', message: 'Taken.' }

/** What the other job's row on n1 claims of this job's paths. */
function claims(first: DistributionJob, of = row('n1', undefined, first), theirs = otherArtifact): Claim[] {
  const artifact = (name: string) => (name === 'other' ? theirs : undefined)
  return claimsOf(job(), [readyArtifact()], { jobs: [first, job()], rows: [of, row('n2')], artifact })
}

/** A halted job makes no further try, whatever it has left. */
const toTryAgain = () => {
  const again = other({ rollout: rollout({ retries: 1 }) })
  return claims(again, row('n1', failed, again))
}

const claim = { node: 'n1', path, namespace: 'patchswarm-system', job: 'first', atWork: true, same: false }

test.for<{ name: string; claims: () => Claim[]; are: Claim[] }>([
  { name: 'its own from the beginning', claims: () => claims(other()), are: [claim] },
  {
    name: 'what it has delivered, also when it is over and its artifact is gone',
    claims: () =>
      claimsOf(job(), [readyArtifact()], {
        jobs: [other({}, over)],
        rows: [row('n1', delivered, other())],
        artifact: () => undefined,
      }),
    are: [{ ...claim, atWork: false }],
  },
  {
    name: 'the same bytes as the same',
    claims: () => claims(other(), undefined, artifact({}, undefined, 'other')),
    are: [{ ...claim, same: true }],
  },
  {
    name: 'the same bytes with other rights as another file',
    claims: () =>
      claims(
        other({ delivery: { method: 'Auto', directory: '/opt/patches/base', mode: '0600' } }),
        undefined,
        artifact({}, undefined, 'other'),
      ),
    are: [claim],
  },
  {
    name: 'nothing where it has failed for good',
    claims: () => claims(other(), row('n1', failed, other())),
    are: [],
  },
  {
    name: 'its own where it has failed and may try again, without being at work',
    claims: () => toTryAgain(),
    are: [{ ...claim, atWork: false }],
  },
  {
    name: 'nothing where it was turned away',
    claims: () => {
      const one = row('n1', undefined, other())
      return claims(other(), { ...one, spec: { ...one.spec, refusal } })
    },
    are: [],
  },
  {
    name: 'nothing when it is over and has not delivered',
    claims: () => claims(other({}, over), row('n1', { state: 'Fetching' }, other())),
    are: [],
  },
  {
    name: 'nothing in another directory',
    claims: () =>
      claims(other({ delivery: { method: 'Auto', directory: '/opt/patches/else', mode: '0644' } })),
    are: [],
  },
  {
    name: 'nothing under another name',
    claims: () =>
      claims(other(), undefined, artifact({ digest: otherDigest, fileName: 'else.bin' }, undefined, 'other')),
    are: [],
  },
  {
    name: 'nothing when it is being deleted',
    claims: () => {
      const going = other()
      return claims({ ...going, metadata: { ...going.metadata, deletionTimestamp: now.toISOString() } })
    },
    are: [],
  },
  {
    name: 'nothing by rows of a job that had its name before',
    claims: () => {
      const before = other()
      return claims(
        other(),
        row('n1', delivered, { ...before, metadata: { ...before.metadata, uid: 'old' } }),
      )
    },
    are: [],
  },
])('another job claims $name', ({ claims, are }) => {
  expect(claims()).toEqual(are)
})

const replacing = job({
  delivery: { method: 'Auto', directory: '/opt/patches/base', mode: '0644', replaces: 'first' },
})
const conflict = { reason: 'PathConflict' }

test.for<{ name: string; of?: DistributionJob; claims: Claim[]; is: unknown }>([
  { name: 'begins where nobody has its paths', claims: [], is: 'free' },
  { name: 'is turned away where another file is being brought', claims: [claim], is: conflict },
  { name: 'is turned away where another file lies', claims: [{ ...claim, atWork: false }], is: conflict },
  { name: 'waits where the same file is being brought', claims: [{ ...claim, same: true }], is: 'wait' },
  { name: 'begins where the same file lies', claims: [{ ...claim, same: true, atWork: false }], is: 'free' },
  { name: 'takes over where it replaces', of: replacing, claims: [{ ...claim, atWork: false }], is: 'free' },
  { name: 'is turned away where another file is to be tried again', claims: toTryAgain(), is: conflict },
  { name: 'takes over what is to be tried again', of: replacing, claims: toTryAgain(), is: 'free' },
  {
    name: 'begins where the same file is to be tried again',
    claims: toTryAgain().map((one) => ({ ...one, same: true })),
    is: 'free',
  },
  { name: 'waits until what it replaces is done', of: replacing, claims: [claim], is: 'wait' },
  {
    name: 'does not replace a job of that name elsewhere',
    of: replacing,
    claims: [{ ...claim, namespace: 'team-b' }],
    is: conflict,
  },
])('a node $name', ({ of = job(), claims, is }) => {
  const given = observed({ job: of, claims: new Map([['n1', claims]]) })
  const footing = footingOf(given, 'n1')
  if (typeof is === 'string') expect(footing).toBe(is)
  else expect(footing).toMatchObject(is as object)
  expect(footingOf(given, 'n2')).toBe('free')
})

test('artifacts of one job that would be the same file are found', () => {
  const twin = artifact({ digest }, undefined, 'twin')
  expect(samePath(job(), [readyArtifact(), undefined, twin])).toEqual({ path, names: ['patch', 'twin'] })
  expect(samePath(job(), [readyArtifact(), artifact({ fileName: 'b' }, undefined, 'b')])).toBeUndefined()
})
