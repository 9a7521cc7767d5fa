// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { SourceHealth } from '@patchswarm/swarm/origin'
import type { Artifact } from '@patchswarm/swarm/tracker'
import { keyOf } from '../artifact-key.ts'
import type { ArtifactTenant } from '../cache/artifact-tenant.ts'
import { type OriginReaders, sourcesTried } from '../origin/origin-readers.ts'
import type { FoundSignature, SignatureFetch } from '../origin/signature-fetch.ts'
import { type ArtifactState, artifactState, type Situation } from './artifact-state.ts'
import { CounterRate } from './counter-rate.ts'
import type { FirstUse } from './first-use.ts'
import type { Holding } from './holding.ts'
import type { Participation } from './participation.ts'
import type { Seeding } from './seeding.ts'
import type { Setbacks } from './setbacks.ts'
import { refusalOf } from './wish.ts'

/** How far an artifact is. */
export interface ArtifactView extends ArtifactState {
  size: number
  bytesHeld: number
  /** Bytes a second that came in. */
  rate: number
  peers: number
}

/** What the tracker must know where agents read the origin. */
export interface ReadingView {
  collects: boolean
  /** Chunks that nobody has: first, count, first, count … */
  absent: number[]
  /** Ranges of bytes that are being read: start, end, start, end … */
  reading: number[]
  originReason: string
  originMessage: string
  /** What was read for when that, or a seeder's reading, failed. */
  failedSpec: string
  /** Nodes that had stated something else than the sources send. */
  liars: string[]
}

export interface AccountParts {
  readonly role: 'agent' | 'seeder'
  readonly readers: OriginReaders
  readonly wish: () => Artifact
  readonly holding: Holding
  readonly tenant: ArtifactTenant
  readonly swarm: Participation
  readonly seeding: Seeding | undefined
  readonly setbacks: Setbacks
  readonly firstUse: FirstUse
  readonly signature: SignatureFetch | undefined
}

/** What is told of one artifact: gathered when it is asked for, never kept. */
export class ArtifactAccount {
  readonly #parts: AccountParts
  readonly #rate = new CounterRate()

  constructor(parts: AccountParts) {
    this.#parts = parts
  }

  view(): ArtifactView {
    const { holding, readers, swarm } = this.#parts
    const wish = this.#parts.wish()
    const stored = holding.opened
    const ingest = readers.ingestion?.progress(wish)
    const bytesHeld = ingest?.bytesHeld ?? stored?.bytesHeld ?? 0
    const peers = swarm.statistics?.peers ?? 0
    return {
      size: stored?.manifest?.size ?? stored?.growing?.size ?? ingest?.size ?? wish.size,
      bytesHeld,
      rate: this.#rate.sample(bytesHeld, performance.now()),
      peers,
      ...artifactState(this.#situation(peers, ingest?.bytesHeld)),
    }
  }

  /** Of a whole file that the origin gave and that is another one, or that nobody knew before; else empty. */
  get foundSha256(): string {
    const { seeding, firstUse } = this.#parts
    return seeding?.failure?.sha256 ?? firstUse.sha256
  }

  /** Which nodes have read what of a file that turned out to be another one. */
  get readBy(): string {
    return this.#parts.seeding?.failure?.readBy ?? ''
  }

  /** What is known of each source that was tried. */
  sources(): SourceHealth[] {
    return sourcesTried(this.#parts.readers, this.#parts.wish())
  }

  reading(): ReadingView {
    const { wish, seeding, readers } = this.#parts
    const key = keyOf(wish())
    const absent = seeding?.absent() ?? readers.reader?.absent(key)
    const failure = readers.reader?.failure(key)
    return {
      collects: absent !== undefined,
      absent: absent ?? [],
      reading: readers.reader?.ranges(key) ?? [],
      originReason: failure?.reason ?? '',
      originMessage: failure?.message ?? '',
      failedSpec: failure?.spec ?? seeding?.failure?.spec ?? '',
      liars: [...(seeding?.liars ?? [])],
    }
  }

  /** That the tracker wants to judge; undefined where none is read. */
  get signature(): FoundSignature | undefined {
    return this.#parts.signature?.found
  }

  #situation(peers: number, ingested: number | undefined): Situation {
    const { role, holding, tenant, seeding, setbacks } = this.#parts
    const wish = this.#parts.wish()
    const { wanted, suspended, cid, collects } = wish
    const { opened, refuted } = holding
    const { shortage } = tenant
    const lasting = shortage?.final ? shortage : undefined
    return {
      role,
      collects,
      wanted,
      suspended,
      cid,
      complete: opened?.complete ?? false,
      growing: opened?.growing !== undefined,
      refuted,
      ingested,
      peers,
      failure: setbacks.failure ?? refusalOf(wish, opened) ?? lasting,
      shortage,
      ingestFailure: seeding?.failure,
      trouble: setbacks.trouble,
    }
  }
}
