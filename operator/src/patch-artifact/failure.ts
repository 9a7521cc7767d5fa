// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isReasonOf, type PatchArtifact, patchArtifactReasons } from '@patchswarm/api'
import type { ArtifactReport } from '@patchswarm/swarm/tracker'
import { stalled, type Verdict } from '../verdict.ts'
import { digestOf } from './digest.ts'

/** Reasons that reading once more would only repeat: a change of the spec's sources, or another artifact, is needed. */
const lasting = new Set(['DigestMismatch', 'SizeMismatch', 'OriginBudgetExhausted'])

export const isLasting = (reason: string): boolean => lasting.has(reason)

/** What a reader is told that it reads for. */
export const specOf = ({ metadata: { uid = '', generation = 0 } }: PatchArtifact): string =>
  `${uid}/${generation}`

/**
 * It says nothing of these sources: others were read then, or it ended the reading for another artifact of the same file alone.
 * A reader that goes on trying for that one does so for both. Older agents do not say what they read for.
 */
export const isPast = (artifact: PatchArtifact, { failedSpec }: ArtifactReport, reason: string): boolean =>
  isOfAnother(artifact, failedSpec) &&
  (isLasting(reason) || failedSpec.startsWith(`${artifact.metadata.uid}/`))

/** Why an agent cannot read these sources, as far as it has said. */
export const originReasonOf = (artifact: PatchArtifact, report: ArtifactReport | undefined): string =>
  report === undefined || isPast(artifact, report, report.originReason) ? '' : report.originReason

const isOfAnother = (artifact: PatchArtifact, failedSpec: string): boolean =>
  failedSpec !== '' && failedSpec !== specOf(artifact)

/** What a seeder's failure means for the artifact: what was found, and what to write instead. */
export function failure(artifact: PatchArtifact, report: ArtifactReport): Verdict {
  if (isOtherFile(artifact, report)) return stalled('DigestMismatch', otherFile(artifact, report))
  if (isOtherSize(artifact, report)) return stalled('SizeMismatch', otherSize(artifact, report))
  const reason = isReasonOf(patchArtifactReasons, report.reason) ? report.reason : 'OriginUnreachable'
  const found = sentence(report.message) ?? 'The seeder could not read the sources.'
  return stalled(reason, `${found}${advice[reason] ?? ''}`)
}

const isOtherFile = (artifact: PatchArtifact, { reason, sha256 }: ArtifactReport): boolean =>
  reason === 'DigestMismatch' || (sha256 !== '' && `sha256:${sha256}` !== digestOf(artifact))

const isOtherSize = (artifact: PatchArtifact, { reason, size, failedSpec }: ArtifactReport): boolean => {
  const expected = isOfAnother(artifact, failedSpec) ? undefined : artifact.spec.size
  return reason === 'SizeMismatch' || (expected !== undefined && size > 0 && size !== expected)
}

function otherFile(artifact: PatchArtifact, { sha256, message, readBy }: ArtifactReport): string {
  const sent = sha256 ? `sha256:${sha256}` : 'another file'
  const found = sentence(sha256 ? '' : message) ?? `The sources send ${sent}, not ${digestOf(artifact)}.`
  const checked = readBy && sentence(message)
  const advice =
    'If that is the file you mean, create a new PatchArtifact with its digest; else correct spec.sources.'
  // Last, for it may be long, and a message has an end.
  const read = readBy && `Agents have read it, by chunks: ${readBy}.`
  return [found, checked, advice, read].filter(Boolean).join(' ')
}

function otherSize({ spec }: PatchArtifact, { message, size }: ArtifactReport): string {
  const sent = size > 0 ? `${size} bytes` : 'another number of bytes'
  const said = spec.size === undefined ? '' : ` where spec.size says ${spec.size}`
  const found = sentence(message) ?? `The sources send ${sent}${said}.`
  return `${found} Create a new PatchArtifact with the right size, or correct spec.sources.`
}

const advice: Readonly<Record<string, string>> = {
  OriginUnreachable: ' The seeder goes on trying; correct spec.sources if an address is wrong.',
  SourceForbidden: ' Name host or address there if they may be asked, or correct spec.sources.',
  OriginChanged:
    ' The file behind the address changed while it was read; name a source that does not change.',
  OriginBudgetExhausted:
    ' No more is read from the origin for this artifact: create a new PatchArtifact with a larger spec.origin.budgetFactor.',
}

function sentence(message: string): string | undefined {
  if (message === '') return undefined
  return /[.!?]$/.test(message) ? message : `${message}.`
}
