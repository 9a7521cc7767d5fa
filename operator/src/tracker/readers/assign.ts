// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import { chooseChunkSize } from '@patchswarm/swarm/manifest'
import type { ArtifactReport, GrantRequest, TrackerClientView } from '@patchswarm/swarm/tracker'
import { type BudgetDecision, decideRange } from '../budget.ts'
import type { Readers } from './readers.ts'
import { type Span, spansOf } from './spans.ts'

/** What the seeder that signs says of the artifact, and when it said so. */
export interface Signer {
  readonly report: ArtifactReport | undefined
  readonly saidAt: number
}

export interface Assignment {
  readonly readers: Readers
  /** Of profile and swarm. */
  readonly key: string
  readonly from: TrackerClientView
  readonly request: GrantRequest
  /** Undefined while none is connected. */
  readonly signer: Signer | undefined
  /** What other readers say that they read. */
  readonly others: readonly { readonly peerId: string; readonly report: ArtifactReport | undefined }[]
}

export type RangeDecision = { span: Span; size: number } | Extract<BudgetDecision, { reason: string }>

/** Chooses a range for a reader that asks for any. The caller writes it down and then gives it. */
export function assignRange(artifact: PatchArtifact, assignment: Assignment): RangeDecision {
  const { readers, key, from, request, signer, others } = assignment
  if (!signer?.report?.collects) {
    return refusal('WaitingForSeeder', 'No seeder is connected that has looked what there is already.')
  }
  const { spec, status } = artifact
  const size = status?.size || spec.size || request.totalSize
  if (!Number.isSafeInteger(size) || size <= 0 || (request.totalSize > 0 && request.totalSize !== size)) {
    return refusal('SizeMismatch', `The origin states ${request.totalSize} bytes where ${size} are expected.`)
  }
  const chunkSize = spec.chunking?.size ?? chooseChunkSize(size, 'Fixed')
  const { span, left } = readers.next(key, {
    peerId: from.peerId,
    reading: spansOf(request.reading),
    others: others.map(({ peerId, report }) => ({ peerId, reading: spansOf(report?.reading ?? []) })),
    absent: absentIn(signer.report, size, chunkSize),
    saidAt: signer.saidAt,
  })
  if (span === undefined) return refusal('NothingLeft', 'All of it has been read, or others are at it.')
  const decision = decideRange(artifact, { ...span, left, chunkSize })
  if ('reason' in decision) return decision
  return { span: { start: span.start, end: span.start + decision.length }, size }
}

/** Before the seeder knows of a chunk nobody has any. */
function absentIn({ absent, chunksTotal }: ArtifactReport, size: number, chunkSize: number): Span[] {
  if (chunksTotal === 0) return [{ start: 0, end: size }]
  const pairs = absent.map((value, at) => (at % 2 === 0 ? value : (absent[at - 1] ?? 0) + value))
  return spansOf(pairs.map((chunk) => Math.min(chunk * chunkSize, size)))
}

const refusal = (reason: string, message: string) => ({ length: 0 as const, reason, message })
