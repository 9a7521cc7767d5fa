// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { InvalidManifestError } from '../manifest/index.ts'
import type { StoredArtifact } from '../store/index.ts'
import { ManifestMismatchError } from './errors.ts'
import { ManifestAssembly } from './manifest-transfer.ts'
import { type ManifestMessage, ProtocolViolationError } from './messages.ts'
import type { Session } from './session.ts'
import type { SwarmHost } from './types.ts'

const partTimeoutMs = 10_000

export interface ManifestFetchInit extends Pick<SwarmHost, 'random' | 'strike'> {
  readonly artifact: StoredArtifact
  readonly sessions: ReadonlyMap<string, Session>
  readonly onManifest: () => void
  readonly onStoreError: (error: Error) => void
}

/** Gets the manifest from one peer at a time, from another when it is silent, gone, or wrong. */
export class ManifestFetch {
  readonly #init: ManifestFetchInit
  #expectedCid: string | undefined
  #from: Session | undefined
  #assembly: ManifestAssembly | undefined
  #timer: NodeJS.Timeout | undefined
  #storing = false
  /** Those that let the time run out are asked again after the others. */
  readonly #silent = new Set<string>()

  constructor(init: ManifestFetchInit, expectedCid: string | undefined) {
    this.#init = init
    this.#expectedCid = expectedCid
  }

  /** Whether it is known which manifest is wanted. */
  get isTold(): boolean {
    return Boolean(this.#expectedCid)
  }

  expect(cid: string): void {
    this.#expectedCid = cid
    this.next()
  }

  /** Asks somebody, unless that is going on, done, or not possible yet. */
  next(): void {
    const { artifact } = this.#init
    if (this.#from !== undefined || this.#storing || artifact.manifest !== undefined || !this.#expectedCid) {
      return
    }
    const grown = artifact.growing?.toManifest()
    if (grown?.cid === this.#expectedCid) {
      void this.#store(grown)
      return
    }
    const session = this.#choose()
    if (session !== undefined) {
      this.#from = session
      this.#assembly = new ManifestAssembly(this.#expectedCid)
      this.#ask()
    }
  }

  gone(session: Session): void {
    this.#silent.delete(session.peerId)
    if (this.#from === session) {
      this.#reset()
      this.next()
    }
  }

  take(session: Session, part: ManifestMessage): void {
    if (session !== this.#from || this.#assembly === undefined) {
      return
    }
    if (part.first !== this.#assembly.next) {
      // A late answer to what was asked before the time ran out. Whoever sends nothing else lets it run out again.
      return
    }
    try {
      const manifest = this.#assembly.add(part)
      if (manifest === undefined) {
        this.#ask()
        return
      }
      this.#reset()
      void this.#store(manifest)
    } catch (error) {
      this.#reset()
      if (isPeersFault(error)) {
        this.#silent.add(session.peerId)
        this.#init.strike(session.peerId, error.message)
      }
      this.next()
    }
  }

  stop(): void {
    this.#reset()
  }

  async #store(manifest: Parameters<StoredArtifact['setManifest']>[0]): Promise<void> {
    this.#storing = true
    try {
      await this.#init.artifact.setManifest(manifest)
      this.#init.onManifest()
    } catch (error) {
      this.#init.onStoreError(error as Error)
    } finally {
      this.#storing = false
    }
  }

  #choose(): Session | undefined {
    const able = [...this.#init.sessions.values()].filter((session) => session.hasManifest)
    const fresh = able.filter((session) => !this.#silent.has(session.peerId))
    const from = fresh.length > 0 ? fresh : able
    return from[Math.floor(this.#init.random() * from.length)]
  }

  #ask(): void {
    const session = this.#from
    if (session === undefined || this.#assembly === undefined) {
      return
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#silent.add(session.peerId)
      this.#reset()
      this.next()
    }, partTimeoutMs)
    this.#timer.unref()
    session.link.send({ type: 'wantManifest', first: this.#assembly.next })
  }

  #reset(): void {
    clearTimeout(this.#timer)
    this.#from = undefined
    this.#assembly = undefined
  }
}

function isPeersFault(error: unknown): error is Error {
  return (
    error instanceof ManifestMismatchError ||
    error instanceof ProtocolViolationError ||
    error instanceof InvalidManifestError
  )
}
