// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { GrowingManifest } from '../manifest/index.ts'
import type { StoredArtifact } from '../store/index.ts'
import { mostChunks, type Range } from './messages.ts'
import { addedSince, rangesOf } from './ranges.ts'
import type { Session } from './session.ts'

/** Leaves that a peer announces and nobody has told this node are asked for after so long: the seeder may be about to. */
const patienceMs = 30
/** Another peer is asked when the first does not answer. */
const answerMs = 1000
/** What is asked for at once: asking anew after each answer stays within the messages that a peer takes. */
const mostRuns = 1000
const mostLeaves = 64 * 1024

export interface PartsFetchInit {
  readonly artifact: StoredArtifact
  readonly sessions: ReadonlyMap<string, Session>
  readonly random: () => number
  /** The root CID of the whole is known, and with it its manifest can be had. */
  readonly knowsCid: () => boolean
}

/** Asks one peer after the other what the leaves are that they know and this node does not. */
export class PartsFetch {
  readonly #init: PartsFetchInit
  #asking: NodeJS.Timeout | undefined
  #asked: Session | undefined

  constructor(init: PartsFetchInit) {
    this.#init = init
  }

  /** Asks a little later, unless there is nothing to ask for or that is going on. */
  soon(): void {
    if (this.#asking === undefined && this.#lacked().length > 0) {
      this.#askIn(patienceMs)
    }
  }

  /** HAVE: of what a peer announces something may be new to this node. */
  announced(ranges: readonly Range[]): void {
    const { growing } = this.#init.artifact
    if (this.#asking === undefined && growing !== undefined && ranges.some((one) => isNews(one, growing))) {
      this.soon()
    }
  }

  /** Somebody has told something: what has been announced since it was asked for is asked for next. */
  answered(): void {
    if (this.#asked !== undefined) {
      this.#asked = undefined
      this.stop()
      this.soon()
    }
  }

  gone(session: Session): void {
    if (this.#asked === session) {
      this.#asked = undefined
      this.soon()
    }
  }

  stop(): void {
    clearTimeout(this.#asking)
    this.#asking = undefined
  }

  #askIn(ms: number): void {
    this.#asking = setTimeout(() => this.#ask(), ms)
    this.#asking.unref()
  }

  #ask(): void {
    this.#asking = undefined
    const lacked = this.#lacked()
    const others = lacked.filter(({ session }) => session !== this.#asked)
    const from = others.length > 0 ? others : lacked
    const chosen = from[Math.floor(this.#init.random() * from.length)]
    if (chosen !== undefined) {
      this.#asked = chosen.session
      chosen.session.link.send({ type: 'wantParts', ranges: chosen.ranges })
      this.#askIn(answerMs)
    }
  }

  /** Peers that know of leaves that this node does not, with these. */
  #lacked(): { session: Session; ranges: readonly Range[] }[] {
    const { artifact, sessions, knowsCid } = this.#init
    const { growing, manifest } = artifact
    if (manifest !== undefined || growing?.ownGeneration !== undefined) {
      return []
    }
    // Who has the manifest is asked for that, where it can be checked.
    const knowing = [...sessions.values()].filter((one) => one.growing && !(one.hasManifest && knowsCid()))
    const lacked = knowing.map((session) => ({ session, ranges: unknownOf(session, growing) }))
    return lacked.filter(({ ranges }) => ranges.length > 0)
  }
}

function isNews([first, count]: Range, growing: GrowingManifest): boolean {
  for (let leaf = first; leaf < Math.min(first + count, growing.chunks); leaf++) {
    if (!growing.isKnown(leaf)) {
      return true
    }
  }
  return false
}

/** What the peer knows and this node does not: what it has announced, or all. All, too, when this node knows nothing. */
function unknownOf(session: Session, growing: GrowingManifest | undefined): readonly Range[] {
  if (growing === undefined) {
    return [[0, mostChunks]]
  }
  const leaves = session.hasManifest
    ? [...Array(growing.chunks).keys()]
    : addedSince(new Uint8Array(), session.announced)
  const unknown = leaves.filter((leaf) => leaf < growing.chunks && !growing.isKnown(leaf))
  return rangesOf(unknown.slice(0, mostLeaves)).slice(0, mostRuns)
}
