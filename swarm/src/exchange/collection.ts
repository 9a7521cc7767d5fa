// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { SignedPart } from '../manifest/index.ts'
import type { StoredArtifact } from '../store/index.ts'
import { type Collecting, LeafSigner } from './leaf-signer.ts'
import type { LeavesMessage, Range } from './messages.ts'
import type { OwnParts } from './own-parts.ts'
import type { Session } from './session.ts'
import { completedBlocks } from './signed-parts.ts'

export interface CollectionInit {
  readonly artifact: StoredArtifact
  readonly own: OwnParts
  /** As a part of another seeder is taken. */
  readonly take: (part: SignedPart) => void
}

/** What agents have read from the origin and this seeder signs: taken, and told to everybody. */
export class Collection {
  readonly #init: CollectionInit
  readonly #signer = new LeafSigner()

  constructor(init: CollectionInit) {
    this.#init = init
  }

  /** This node signs what these have read. */
  set(collecting: Collecting): void {
    this.#signer.set(collecting)
  }

  /** Whose words this node has signed: leaves by node. */
  get said(): ReadonlyMap<string, readonly Range[]> {
    return this.#signer.said
  }

  /** LEAVES. @returns those that were signed before: the reader has not heard of them. @throws ProtocolViolationError */
  add(session: Session, message: LeavesMessage): readonly Range[] {
    const { artifact, own } = this.#init
    if (artifact.manifest !== undefined) {
      return []
    }
    const holding = { growing: artifact.growing, has: (leaf: number) => artifact.has(leaf) }
    const reader = { peerId: session.peerId, node: session.membership.node }
    const { news, known } = this.#signer.take(reader, message, holding)
    const parts = news.map((part) => own.sign(part))
    this.#takeAll(parts)
    const fresh = news.flatMap(({ first, digests }) =>
      [...Array(digests.length / 32).keys()].map((i) => first + i),
    )
    own.tellAll([...parts, ...this.#restate(fresh)])
    return known
  }

  /** What was signed of this leaf is wrong. */
  correct(leaf: number, digest: Uint8Array): void {
    const { artifact, own } = this.#init
    const { growing } = artifact
    if (growing !== undefined) {
      const parts = [own.sign(this.#signer.correct(growing, leaf, digest))]
      this.#takeAll(parts)
      own.tellAll(parts)
    }
  }

  /** The blocks that these have made complete, in one part each. */
  #restate(leaves: readonly number[]): SignedPart[] {
    const { growing } = this.#init.artifact
    const blocks = completedBlocks(leaves, growing)
    if (growing === undefined || blocks.length === 0) {
      return []
    }
    const parts = this.#init.own.about(blocks, growing, this.#signer.generation)
    this.#takeAll(parts)
    return parts
  }

  #takeAll(parts: readonly SignedPart[]): void {
    for (const part of parts) {
      this.#init.take(part)
    }
  }
}
