// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { verifySignature } from '../identity/identity.ts'
import type { Identity } from '../identity/types.ts'
import { type Membership, MembershipSchema, SignedMembershipSchema } from '../proto/membership_pb.ts'
import { MembershipError } from './errors.ts'
import { isRevoked, type RevokedNodes } from './revoked-nodes.ts'

/** Signed before the payload, so that no signature of the operator can be taken for another kind of statement. */
const DOMAIN = Buffer.from('patchswarm-membership-v1:')
/** A membership has about 300 bytes. */
const MAX_BYTES = 4096

/** Clocks of two nodes may differ by this many milliseconds. */
export const clockSkewMs = 300_000

/** What a membership that was right once is held against. */
export interface Present {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** What the operator has taken back. */
  readonly revoked?: RevokedNodes
}

export interface VerifyMembershipOptions extends Present {
  /** One of these must have signed: pinned, not taken from the network. Two while the operator's key is changed. */
  readonly operatorPeerIds: readonly string[]
  /** The peer ID that the connection itself has proven. Without it the membership says who somebody is, not that it is there. */
  readonly connectionPeerId?: string
  /** Only members of this profile, when given. */
  readonly profile?: string
}

/** The bytes of a SignedMembership: who a peer is, said by the operator. Only the operator's own identity may sign. */
export function signMembership(
  operator: Identity,
  membership: MessageInitShape<typeof MembershipSchema>,
): Uint8Array {
  const payload = toBinary(MembershipSchema, create(MembershipSchema, membership))
  const signature = operator.sign(Buffer.concat([DOMAIN, payload]))
  return toBinary(SignedMembershipSchema, create(SignedMembershipSchema, { payload, signature }))
}

/**
 * The membership in `bytes`, when the operator signed it for the peer at the other end and it holds now.
 * @throws MembershipError with the reason
 */
export function verifyMembership(bytes: Uint8Array, options: VerifyMembershipOptions): Membership {
  const membership = openSigned(bytes, options.operatorPeerIds)
  checkBearer(membership, options)
  checkHolds(membership, options)
  return membership
}

/** Whether a membership that was verified before holds still. @throws MembershipError with the reason */
export function checkHolds(membership: Membership, { now, revoked }: Present): void {
  checkTime(membership, now)
  if (revoked && isRevoked(membership, revoked)) {
    throw new MembershipError('Revoked', `the memberships of node ${membership.node} were revoked`)
  }
}

function openSigned(bytes: Uint8Array, operatorPeerIds: readonly string[]): Membership {
  if (bytes.length === 0 || bytes.length > MAX_BYTES) {
    throw new MembershipError('Malformed', `a membership of ${bytes.length} bytes`)
  }
  const signed = decode(() => fromBinary(SignedMembershipSchema, bytes))
  // The payload is read only after the signature holds: nothing that a stranger wrote is parsed further.
  const statement = Buffer.concat([DOMAIN, signed.payload])
  if (!operatorPeerIds.some((peerId) => verifySignature(peerId, statement, signed.signature))) {
    throw new MembershipError('BadSignature', `not signed by the operator ${operatorPeerIds.join(' or ')}`)
  }
  return decode(() => fromBinary(MembershipSchema, signed.payload))
}

function decode<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new MembershipError('Malformed', 'the membership cannot be read', { cause })
  }
}

function checkBearer(membership: Membership, options: VerifyMembershipOptions): void {
  const { peerId, profile } = membership
  if (options.connectionPeerId !== undefined && peerId !== options.connectionPeerId) {
    throw new MembershipError(
      'WrongPeer',
      `the membership of ${peerId} was shown by ${options.connectionPeerId}`,
    )
  }
  if (options.profile !== undefined && profile !== options.profile) {
    throw new MembershipError('OtherProfile', `a member of profile ${profile}, not of ${options.profile}`)
  }
}

function checkTime({ issuedAt, expiresAt }: Membership, now: number): void {
  // Written so that NaN in either field is refused as well.
  if (!(issuedAt - clockSkewMs <= now)) {
    throw new MembershipError('NotYetValid', `issued at ${isoTime(issuedAt)}, now it is ${isoTime(now)}`)
  }
  if (!(expiresAt + clockSkewMs > now)) {
    throw new MembershipError('Expired', `expired at ${isoTime(expiresAt)}, now it is ${isoTime(now)}`)
  }
}

function isoTime(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}
