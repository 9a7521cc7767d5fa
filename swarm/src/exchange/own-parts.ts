// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type ManifestPart, type ManifestParts, type SignedPart, signPart } from '../manifest/index.ts'
import type { Session } from './session.ts'
import { sendParts, statementsAbout } from './signed-parts.ts'

export interface OwnPartsInit {
  readonly swarmId: Uint8Array
  readonly selfId: string
  readonly membership: () => Uint8Array
  readonly sign: (bytes: Uint8Array) => Uint8Array
  readonly sessions: ReadonlyMap<string, Session>
}

/** Parts of the manifest that this node signs, and whom it tells of them. */
export class OwnParts {
  readonly #init: OwnPartsInit

  constructor(init: OwnPartsInit) {
    this.#init = init
  }

  sign(part: ManifestPart): SignedPart {
    const { swarmId, selfId, sign } = this.#init
    return signPart(swarmId, part, selfId, sign)
  }

  /** What these leaves are, signed. */
  about(leaves: readonly number[], manifest: ManifestParts, generation: number): SignedPart[] {
    return statementsAbout(leaves, manifest, generation).map((part) => this.sign(part))
  }

  tell(session: Session, parts: readonly SignedPart[]): void {
    const { selfId, membership } = this.#init
    sendParts(session, { peerId: selfId, membership: membership() }, parts)
  }

  tellAll(parts: readonly SignedPart[]): void {
    for (const session of this.#init.sessions.values()) {
      this.tell(session, parts)
    }
  }
}
