// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type P2PProfile, tokenAudience } from '@patchswarm/api'
import type { Client, Node } from '@patchswarm/kube'
import type { Identity } from '@patchswarm/swarm/identity'
import { type Authenticated, type ClientIdentity, type Hello, RefusedError } from '@patchswarm/swarm/tracker'
import { addressesWithin } from './addresses.ts'
import { membershipFor } from './membership.ts'
import type { Claim } from './places.ts'
import { siteOf } from './sites.ts'
import { claimsOf, type TokenReview } from './token-claims.ts'

export interface AuthenticateComponents {
  client: Client
  /** The operator's key, which signs memberships. */
  identity: Identity
  namespace: string
  /** Lets a peer be the node. @throws RefusedError */
  admit(claim: Claim, signal: AbortSignal): Promise<void>
  profile(name: string): P2PProfile | undefined
  node(name: string): Node | undefined
  now(): number
}

/**
 * Finds out who a client is: the API server says which Pod its token belongs to and on which node that runs, the
 * ServiceAccount says profile and role. Nothing that the client claims is taken for true.
 *
 * @throws RefusedError when it is not what it claims, or not known here yet (then with retry).
 */
export async function authenticate(
  parts: AuthenticateComponents,
  hello: Hello,
  peerId: string,
  signal: AbortSignal,
): Promise<Authenticated> {
  const review = await reviewToken(parts.client, hello.token, signal)
  const { podName, ...claims } = claimsOf(review, hello, parts.namespace)
  const profile = parts.profile(hello.profile)
  if (!profile) throw new RefusedError('UnknownProfile', `there is no P2PProfile ${hello.profile}`, true)
  const node = parts.node(claims.node)
  if (!node) throw new RefusedError('UnknownNode', `there is no Node ${claims.node}`, true)
  const identity: ClientIdentity = { ...claims, site: siteOf(profile, node) }
  await parts.admit({ identity, podName, peerId }, signal)
  return {
    ...identity,
    addresses: addressesWithin(hello.addresses, profile.spec.transport.allowedCIDRs),
    membership: membershipFor(parts.identity, identity, peerId, parts.now()),
  }
}

async function reviewToken(client: Client, token: string, signal: AbortSignal): Promise<TokenReview> {
  return await client.request<TokenReview>(
    'POST',
    '/apis/authentication.k8s.io/v1/tokenreviews',
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, audiences: [tokenAudience] },
    },
    { signal },
  )
}
