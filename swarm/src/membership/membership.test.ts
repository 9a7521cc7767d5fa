// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { createIdentity, identityFromSeed } from '../identity/identity.ts'
import { MembershipError } from './errors.ts'
import { signMembership, type VerifyMembershipOptions, verifyMembership } from './membership.ts'

const operator = identityFromSeed(new Uint8Array(32).fill(1))
const issuedAt = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000
const claims = {
  peerId: 'peer',
  node: 'n1',
  profile: 'edge',
  site: 'here',
  roles: ['agent'],
  issuedAt,
  expiresAt: issuedAt + DAY_MS,
}
const options: VerifyMembershipOptions = {
  operatorPeerIds: [operator.peerId],
  connectionPeerId: 'peer',
  profile: 'edge',
  now: issuedAt + 1000,
}

const revokedBut = (node: string, ...peerIds: string[]) => new Map([[node, new Set(peerIds)]])

const reasonOf = (bytes: Uint8Array, change: Partial<VerifyMembershipOptions> = {}) => {
  try {
    verifyMembership(bytes, { ...options, ...change })
    return 'none'
  } catch (error) {
    expect(error).toBeInstanceOf(MembershipError)
    return (error as MembershipError).reason
  }
}

describe('a membership', () => {
  test('says who a peer is to anybody with the key of the operator', () => {
    const membership = verifyMembership(signMembership(operator, claims), options)
    expect(membership).toMatchObject(claims)
  })

  test.for<{ name: string; change: Partial<VerifyMembershipOptions>; reason: string }>([
    { name: 'shown by another peer', change: { connectionPeerId: 'thief' }, reason: 'WrongPeer' },
    { name: 'of another profile', change: { profile: 'lab' }, reason: 'OtherProfile' },
    { name: 'of a node that was revoked', change: { revoked: revokedBut('n1') }, reason: 'Revoked' },
    {
      name: 'of a node that was revoked, whose place another peer has',
      change: { revoked: revokedBut('n1', 'successor') },
      reason: 'Revoked',
    },
    {
      name: 'of the peer that has proven itself since',
      change: { revoked: revokedBut('n1', 'peer') },
      reason: 'none',
    },
    { name: 'of another node than the revoked one', change: { revoked: revokedBut('n2') }, reason: 'none' },
    { name: 'that has run out', change: { now: issuedAt + DAY_MS + 300_000 }, reason: 'Expired' },
    {
      name: 'just run out, within the allowed skew',
      change: { now: issuedAt + DAY_MS + 299_999 },
      reason: 'none',
    },
    { name: 'from the future', change: { now: issuedAt - 300_001 }, reason: 'NotYetValid' },
    { name: 'from a clock a little ahead', change: { now: issuedAt - 300_000 }, reason: 'none' },
    { name: 'of any profile when none is asked for', change: {}, reason: 'none' },
    {
      name: 'signed by another operator',
      change: { operatorPeerIds: [createIdentity().peerId] },
      reason: 'BadSignature',
    },
    {
      name: 'signed by one of two keys, while the operator changes its own',
      change: { operatorPeerIds: [createIdentity().peerId, operator.peerId] },
      reason: 'none',
    },
  ])('$name: $reason', ({ change, reason }) => {
    expect(reasonOf(signMembership(operator, claims), change)).toBe(reason)
  })

  test('without times that are numbers is no membership', () => {
    expect(reasonOf(signMembership(operator, { ...claims, expiresAt: Number.NaN }))).toBe('Expired')
    expect(reasonOf(signMembership(operator, { ...claims, issuedAt: Number.NaN }))).toBe('NotYetValid')
  })

  test('with any bit changed is refused or says the same', () => {
    const good = signMembership(operator, claims)
    const said = verifyMembership(good, options)
    let refused = 0
    for (let index = 0; index < good.length; index += 1) {
      const bad = Uint8Array.from(good)
      bad[index]! ^= 0x01
      if (reasonOf(bad) === 'none') expect(verifyMembership(bad, options)).toEqual(said)
      else refused += 1
    }
    // What is left are the two field heads outside the signature, whose wire type the decoder does not mind.
    expect(refused).toBeGreaterThanOrEqual(good.length - 2)
  })

  test.for([
    { name: 'nothing', bytes: new Uint8Array() },
    { name: 'noise', bytes: Uint8Array.of(0xff, 0xff, 0xff) },
    { name: 'far too many bytes', bytes: new Uint8Array(100_000) },
  ])('made of $name is malformed', ({ bytes }) => {
    expect(reasonOf(bytes)).toBe('Malformed')
  })

  test('is not any other statement that the operator signed', () => {
    const payload = Buffer.from('anything')
    const signature = operator.sign(payload)
    const bytes = Buffer.concat([
      Buffer.from([0x0a, payload.length]),
      payload,
      Buffer.from([0x12, 64]),
      signature,
    ])
    expect(reasonOf(bytes)).toBe('BadSignature')
  })
})
