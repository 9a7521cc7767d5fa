// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import { chooseChunkSize } from '@patchswarm/swarm/manifest'
import type { ArtifactReport, GrantRequest, TrackerClientView } from '@patchswarm/swarm/tracker'
import { aheadOf, type BudgetDecision, budgetLeft, decideRange, sizeOf } from '../budget.ts'
import type { Readers } from './readers.ts'
import { common, type Span, spansOf } from './spans.ts'

/** What somebody says of the artifact, and when it was said. */
export interface Look {
  readonly report: ArtifactReport | undefined
  readonly saidAt: number
}

export interface Assignment {
  readonly readers: Readers
  /** Of profile and swarm. */
  readonly key: string
  readonly from: TrackerClientView
  readonly request: GrantRequest
  /** The seeder that signs; undefined while none is connected. */
  readonly signer: Look | undefined
  /** What other readers say that they read; those of the site, where they read for it. */
  readonly others: readonly (Look & { readonly peerId: string })[]
  /** Where it reads for its site: what it says itself. */
  readonly own?: Look | undefined
}

export type RangeDecision =
  | { span: Span; size: number; ahead: number }
  | Extract<BudgetDecision, { reason: string }>

/** Chooses a range for a reader that asks for any. The caller writes it down and then gives it. */
export function assignRange(artifact: PatchArtifact, assignment: Assignment): RangeDecision {
  const { readers, key, from, request, others } = assignment
  const looks = looksOf(assignment)
  if ('reason' in looks) return looks
  const { spec } = artifact
  const size = sizeOf(artifact, request.totalSize)
  if (!Number.isSafeInteger(size) || size <= 0 || (request.totalSize > 0 && request.totalSize !== size)) {
    return refusal('SizeMismatch', `The origin states ${request.totalSize} bytes where ${size} are expected.`)
  }
  const chunkSize = spec.chunking?.size ?? chooseChunkSize(size, 'Fixed')
  const { span, left } = readers.next(key, {
    peerId: from.peerId,
    reading: spansOf(request.reading),
    others: others.map(({ peerId, report }) => ({ peerId, reading: spansOf(report?.reading ?? []) })),
    absent: absentInAll(looks, size, chunkSize),
    saidAt: Math.min(...looks.map(({ saidAt }) => saidAt)),
    budgetLeft: budgetLeft(artifact, size),
  })
  if (span === undefined) return refusal('NothingLeft', 'All of it has been read, or others are at it.')
  const decision = decideRange(artifact, { ...span, left, chunkSize })
  if ('reason' in decision) return decision
  const { length } = decision
  const ahead = aheadOf(artifact, { size, left, length })
  return { span: { start: span.start, end: span.start + length }, size, ahead }
}

type Looked = Look & { readonly report: ArtifactReport }

/** Who says what there is already: the seeder, which is to get all; or where each site reads for itself, its readers. */
function looksOf({ signer, others, own }: Assignment): Looked[] | ReturnType<typeof refusal> {
  const signs = own !== undefined && signer?.report?.cid
  if (!signer || !(signs || hasLooked(signer))) {
    return refusal('WaitingForSeeder', 'No seeder is connected that has looked what there is already.')
  }
  if (own === undefined) return [signer].filter(hasLooked)
  if (!hasLooked(own)) return refusal('WaitingForReport', 'It has not said what there is in its site.')
  return [own, ...others].filter(hasLooked)
}

const hasLooked = (look: Look): look is Looked => look.report?.collects === true

/** A reader sees its neighbours: what one of them has seen is there. */
const absentInAll = (looks: readonly Looked[], size: number, chunkSize: number): Span[] =>
  looks
    .map(({ report }) => absentIn(report, size, chunkSize))
    .reduce((all, one) => all.flatMap((span) => common(one, span)))

/** Before the seeder knows of a chunk nobody has any. */
function absentIn({ absent, chunksTotal }: ArtifactReport, size: number, chunkSize: number): Span[] {
  if (chunksTotal === 0) return [{ start: 0, end: size }]
  const pairs = absent.map((value, at) => (at % 2 === 0 ? value : (absent[at - 1] ?? 0) + value))
  return spansOf(pairs.map((chunk) => Math.min(chunk * chunkSize, size)))
}

const refusal = (reason: string, message: string) => ({ length: 0 as const, reason, message })
