// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type Membership, MembershipError } from '../membership/index.ts'
import { ProtocolViolationError } from './messages.ts'

/** Why a membership that was right when its bearer signed is not taken now: no fault of who passes it on. */
const outdated: readonly string[] = ['Expired', 'NotYetValid', 'Revoked']

/** Who speaks for the seeders: what is passed on counts only with their signature. */
export interface PartSigner {
  readonly peerId: string
  readonly membership: Uint8Array
}

/** SIGNER. @returns undefined when nothing that it signed is to be taken any more @throws ProtocolViolationError */
export function readSigner(
  membership: Uint8Array,
  verify: (membership: Uint8Array) => Membership,
): PartSigner | undefined {
  try {
    const { peerId, roles } = verify(membership)
    if (!roles.includes('seeder')) {
      throw new ProtocolViolationError(`${peerId} is no seeder and may not say what a file is`)
    }
    return { peerId, membership }
  } catch (error) {
    if (error instanceof MembershipError && outdated.includes(error.reason)) {
      return
    }
    if (error instanceof MembershipError) {
      throw new ProtocolViolationError(`a signer that is no member: ${error.message}`, { cause: error })
    }
    throw error
  }
}
