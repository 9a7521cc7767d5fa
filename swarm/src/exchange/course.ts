// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ManifestParts } from '../manifest/index.ts'
import type { StoredArtifact } from '../store/index.ts'
import type { Described } from './handshake.ts'
import { LeafStatements } from './leaf-statements.ts'
import { LocalChunks } from './local-chunks.ts'
import { LocalCopy } from './local-copy.ts'
import { ManifestFetch } from './manifest-fetch.ts'
import { ManifestGrowth } from './manifest-growth.ts'
import type { PeerSet } from './peer-set.ts'
import type { Places } from './places.ts'
import type { RateMeter } from './rate-meter.ts'
import type { Session } from './session.ts'
import { Transfer } from './transfer.ts'
import type { JoinOptions, SwarmHost } from './types.ts'

/** As many strikes as keep a peer out. */
const liarStrikes = 2

interface CourseInit {
  readonly host: SwarmHost
  readonly options: JoinOptions
  readonly peers: PeerSet
  readonly up: RateMeter
  readonly down: RateMeter
  readonly places: () => Places
  /** Nothing is fetched for the time being. */
  readonly isAtRest: () => boolean
  /** Chunks are spoken of from now on. */
  readonly onBegun: () => void
  /** Chunks that were held are others now. */
  readonly onLost: (chunks: readonly number[]) => void
  readonly onProgress: () => void
  readonly onStoreError: (error: Error) => void
}

/**
 * From knowing nothing of a file to its manifest: the transfer begins as soon as there is a manifest or a part of one, goes on
 * when the whole is known for good, and ends when that is another one.
 */
export class Course {
  readonly manifest: ManifestFetch
  readonly growth: ManifestGrowth
  readonly statements: LeafStatements
  readonly #init: CourseInit
  readonly #artifact: StoredArtifact
  #transfer: Transfer | undefined
  #localCopy: LocalCopy | undefined
  /** The transfer is of a manifest that is not known for good yet. */
  #growing = false
  #stopped = false

  constructor(init: CourseInit) {
    const { host, options, peers } = init
    const { artifact, expectedCid } = options
    this.#init = init
    this.#artifact = artifact
    this.manifest = new ManifestFetch(
      {
        ...host,
        artifact,
        sessions: peers.sessions,
        onManifest: () => this.adopted(),
        onStoreError: init.onStoreError,
      },
      expectedCid,
    )
    this.growth = this.#createGrowth()
    this.statements = new LeafStatements({
      sessions: peers.sessions,
      isKnown: (leaf) => artifact.manifest !== undefined || artifact.growing?.isKnown(leaf) === true,
    })
  }

  /** Undefined before anything is known of the file. */
  get transfer(): Transfer | undefined {
    return this.#transfer
  }

  rest(): void {
    this.#localCopy?.stop()
  }

  resume(): void {
    this.#localCopy?.start()
  }

  stop(): void {
    this.#stopped = true
    this.manifest.stop()
    this.growth.stop()
    this.statements.stop()
    this.#localCopy?.stop()
  }

  /** What HELLO says of this node now. */
  describe(): Described {
    const bitmap = this.#transfer?.shown ?? new Uint8Array()
    return {
      dealing: this.#transfer?.policy.dealing ?? false,
      hasManifest: this.#transfer !== undefined && this.#artifact.manifest !== undefined,
      growing: this.growth.tells && this.#transfer !== undefined,
      chunks: bitmap.length === 0 ? 0 : this.#artifact.chunks,
      bitmap,
    }
  }

  gone(session: Session): void {
    this.#transfer?.leave(session)
    this.manifest.gone(session)
    this.growth.fetch.gone(session)
  }

  joined(session: Session, old: Session | undefined): void {
    if (old !== undefined) {
      this.#transfer?.leave(old)
      this.manifest.gone(old)
    }
    this.manifest.next()
    this.#tellSince(session)
    this.growth.joined(session)
    this.#join(session)
  }

  #join(session: Session): void {
    if (session.hasManifest || session.growing) {
      this.#transfer?.join(session)
    }
  }

  /** What has become known while HELLO was on its way: a seeder takes no tokens of a node that it believes to know nothing. */
  #tellSince(session: Session): void {
    const { hasManifest, growing } = this.describe()
    if (hasManifest !== session.said.hasManifest || growing !== session.said.growing) {
      this.#tellManifest(session)
    }
  }

  /** As soon as there is a manifest, or one that grows: from disk, from a peer, or because the seeder reads the origin. */
  begin(): void {
    const artifact = this.#artifact
    const { peers, isAtRest, onBegun } = this.#init
    const outline = artifact.manifest ?? artifact.growing
    if (this.#transfer !== undefined || outline === undefined || this.#stopped) {
      return
    }
    this.#growing = artifact.manifest === undefined
    const copy = this.#copyFromHere(outline)
    this.#localCopy = copy
    this.#transfer = this.#createTransfer(copy.pending)
    if (!isAtRest()) {
      copy.start()
    }
    if (this.#transfer.policy.dealing && !this.#reads) {
      // HELLO alone says that a node deals: those that were greeted before are greeted again.
      peers.closeAll('Restarted', 'this node deals from now on')
      return
    }
    for (const session of peers.sessions.values()) {
      this.#tellManifest(session)
      this.growth.joined(session)
      this.#join(session)
    }
    onBegun()
  }

  /** This node reads the file from its origin. */
  get #reads(): boolean {
    return this.#artifact.growing?.ownGeneration !== undefined
  }

  #tellManifest(session: Session): void {
    if (this.#artifact.manifest !== undefined) {
      session.link.send({ type: 'have', ranges: [] })
    } else {
      session.link.send({ type: 'grows', dealing: this.#transfer?.policy.dealing ?? false })
    }
  }

  /** The manifest is known for good: of one that grew, what is held and under way goes on. */
  adopted(): void {
    const artifact = this.#artifact
    this.#growing = false
    if (this.#transfer !== undefined && this.#transfer.policy.chunks !== artifact.chunks) {
      this.#endTransfer('the manifest is another one')
    }
    if (this.#transfer === undefined) {
      this.begin()
    } else {
      this.#grown([...this.#transfer.policy.unborn])
      this.#transfer.forget()
      for (const session of this.#init.peers.sessions.values()) {
        this.#tellManifest(session)
        this.#join(session)
      }
    }
    this.statements.grown()
    this.#init.onProgress()
  }

  /** Leaves whose digests have become known: copied where this node has them, else fetched. */
  #grown(known: readonly number[]): void {
    const copying = this.#localCopy?.add(known) ?? []
    this.#transfer?.feed({ type: 'born', chunks: known, copying })
    this.statements.grown()
  }

  #endTransfer(why: string): void {
    this.#localCopy?.stop()
    this.#localCopy = undefined
    this.#transfer?.stop()
    this.#transfer = undefined
    this.#init.peers.closeAll('Restarted', why)
  }

  #createTransfer(copying: readonly number[]): Transfer {
    const artifact = this.#artifact
    const { options, host, peers, up, down, places, onStoreError } = this.#init
    return new Transfer({
      ...host,
      artifact,
      dealer: options.role === 'seeder' && (artifact.complete || this.#reads),
      copying,
      tellsParts: () => this.growth.tells,
      places,
      sessions: peers.sessions,
      up,
      down,
      onStoreError,
    })
  }

  #createGrowth(): ManifestGrowth {
    const { host } = this.#init
    return new ManifestGrowth({
      ...host,
      swarmId: this.#artifact.swarmId,
      artifact: this.#artifact,
      sessions: this.#init.peers.sessions,
      knowsCid: () => this.manifest.isTold,
      onBegun: () => {
        this.begin()
        this.manifest.next()
      },
      onGrown: (known, lost) => {
        this.#init.onLost(lost)
        this.#grown(known)
        this.manifest.next()
      },
      onGivenUp: () => {
        this.#endTransfer('what was known of the file is given up')
        this.#init.onProgress()
      },
      onLiar: (signer, error) => {
        for (let strikes = 0; strikes < liarStrikes; strikes++) {
          host.strike(signer, error.message)
        }
      },
      onStoreError: this.#init.onStoreError,
    })
  }

  /** Chunks that this node has in other artifacts: copied while the rest is fetched. */
  #copyFromHere(manifest: ManifestParts): LocalCopy {
    const artifact = this.#artifact
    const { pool, log, stored, doubt } = this.#init.host
    return new LocalCopy({
      artifact,
      local: new LocalChunks(artifact, manifest, stored),
      pool,
      log,
      onMissing: (chunk) => this.#transfer?.feed({ type: 'refused', chunk }),
      onDoubt: (doubtful) => void doubt(doubtful),
      onStoreError: this.#init.onStoreError,
    })
  }

  /** The store holds these now, wherever from. */
  held(chunks: readonly number[]): void {
    const artifact = this.#artifact
    this.begin()
    if (this.#reads) {
      this.growth.reading.read(chunks, () => this.#stored(chunks))
      return
    }
    if (this.#growing && artifact.manifest !== undefined) {
      this.growth.reading.flush()
      this.adopted()
    }
    this.#stored(chunks)
  }

  #stored(chunks: readonly number[]): void {
    this.#transfer?.feed({ type: 'stored', chunks })
    this.#init.onProgress()
  }
}
