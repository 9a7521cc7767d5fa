// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export type { Membership } from '../proto/membership_pb.ts'
export { MembershipError, type MembershipReason } from './errors.ts'
export {
  checkHolds,
  clockSkewMs,
  signMembership,
  type VerifyMembershipOptions,
  verifyMembership,
} from './membership.ts'
export { isRevoked, type RevokedNodes } from './revoked-nodes.ts'
