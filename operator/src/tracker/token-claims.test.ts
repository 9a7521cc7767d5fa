// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { RefusedError } from '@patchswarm/swarm/tracker'
import { expect, test } from 'vitest'
import { claimsOf, type TokenReview } from './token-claims.ts'

const namespace = 'patchswarm-system'
const account = (name: string, of = namespace) => `system:serviceaccount:${of}:${name}`
const bound = {
  'authentication.kubernetes.io/node-name': ['n1'],
  'authentication.kubernetes.io/pod-name': ['patchswarm-edge-agent-x'],
  'authentication.kubernetes.io/pod-uid': ['7'],
}
type Status = NonNullable<TokenReview['status']>
const status = (change: Status = {}): Status => ({
  authenticated: true,
  audiences: ['patchswarm'],
  user: { username: account('patchswarm-edge-agent'), extra: bound },
  ...change,
})
const ofUser = (username: string, extra: Record<string, string[]> = bound): Status => ({
  user: { username, extra },
})
const without = (name: keyof typeof bound): Status =>
  ofUser(account('patchswarm-edge-agent'), { ...bound, [name]: [] })

const claim = (change: Status, role = 'agent') =>
  claimsOf({ status: status(change) }, { profile: 'edge', role }, namespace)
const reasonOf = (change: Status, role?: string): string => {
  try {
    claim(change, role)
    return 'none'
  } catch (error) {
    expect(error).toBeInstanceOf(RefusedError)
    return (error as RefusedError).reason
  }
}

test('a token says which Pod it is, and on which node', () => {
  expect(claim({})).toEqual({
    node: 'n1',
    profile: 'edge',
    role: 'agent',
    podName: 'patchswarm-edge-agent-x',
    podUid: '7',
  })
})

test.for<{ name: string; status: Status; role?: string; reason: string }>([
  {
    name: 'that has expired',
    status: { authenticated: false, error: 'token has expired' },
    reason: 'TokenRefused',
  },
  { name: 'for another audience', status: { audiences: ['other'] }, reason: 'TokenRefused' },
  {
    name: 'of another profile',
    status: ofUser(account('patchswarm-other-agent')),
    reason: 'WrongServiceAccount',
  },
  {
    name: 'of another role',
    status: ofUser(account('patchswarm-edge-seeder')),
    reason: 'WrongServiceAccount',
  },
  {
    name: 'of another namespace',
    status: ofUser(account('patchswarm-edge-agent', 'elsewhere')),
    reason: 'WrongServiceAccount',
  },
  { name: 'of a person', status: ofUser('system:admin'), reason: 'WrongServiceAccount' },
  {
    name: 'that is bound to no Pod',
    status: without('authentication.kubernetes.io/pod-uid'),
    reason: 'TokenNotBound',
  },
  {
    name: 'that is bound to no node',
    status: without('authentication.kubernetes.io/node-name'),
    reason: 'TokenNotBound',
  },
  { name: 'shown in a role that there is not', status: {}, role: 'operator', reason: 'UnknownRole' },
  { name: 'shown by whom it is for', status: {}, reason: 'none' },
])('a token $name: $reason', ({ status, role, reason }) => {
  expect(reasonOf(status, role)).toBe(reason)
})
