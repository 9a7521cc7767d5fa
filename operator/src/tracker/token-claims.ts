// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { serviceAccountUser, tokenAudience } from '@patchswarm/api'
import { type ClientIdentity, type Hello, RefusedError } from '@patchswarm/swarm/tracker'

/** What the API server says of a token. */
export interface TokenReview {
  status?: {
    authenticated?: boolean
    error?: string
    audiences?: string[]
    user?: { username?: string; extra?: Record<string, string[]> }
  }
}

type TokenClaims = Omit<ClientIdentity, 'site'> & { podName: string }

/**
 * What a token proves: of which Pod it is, and on which node that runs. Which profile and role the client says it has decides
 * only which ServiceAccount the token must be of.
 * @throws RefusedError
 */
export function claimsOf(
  { status }: TokenReview,
  hello: Pick<Hello, 'profile' | 'role'>,
  namespace: string,
): TokenClaims {
  const { profile } = hello
  const role = roleOf(hello)
  if (!status?.authenticated || !status.audiences?.includes(tokenAudience)) {
    // A token that has just expired is renewed in its file: another try reads the new one.
    throw new RefusedError(
      'TokenRefused',
      status?.error || `no valid token for audience ${tokenAudience}`,
      true,
    )
  }
  const expected = serviceAccountUser(namespace, profile, role)
  if (status.user?.username !== expected) {
    const message = `the token belongs to ${status.user?.username}, not to ${expected}`
    throw new RefusedError('WrongServiceAccount', message, false)
  }
  const extra = status.user.extra ?? {}
  const node = extra['authentication.kubernetes.io/node-name']?.[0]
  const podUid = extra['authentication.kubernetes.io/pod-uid']?.[0]
  const podName = extra['authentication.kubernetes.io/pod-name']?.[0]
  if (!node || !podUid || !podName) {
    throw new RefusedError(
      'TokenNotBound',
      'the token is not bound to a Pod on a node: use a projected one',
      false,
    )
  }
  return { node, profile, role, podUid, podName }
}

function roleOf({ role }: Pick<Hello, 'role'>): 'agent' | 'seeder' {
  if (role === 'agent' || role === 'seeder') return role
  throw new RefusedError('UnknownRole', `role "${role}": this operator knows agent and seeder`, false)
}
