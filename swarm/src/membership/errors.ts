// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export type MembershipReason =
  | 'Malformed'
  | 'BadSignature'
  | 'WrongPeer'
  | 'Expired'
  | 'NotYetValid'
  | 'OtherProfile'
  | 'Revoked'

/** A membership that is not to be believed; `reason` says why in one word, the message in a sentence. */
export class MembershipError extends Error {
  override name = 'MembershipError'
  readonly reason: MembershipReason

  constructor(reason: MembershipReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
