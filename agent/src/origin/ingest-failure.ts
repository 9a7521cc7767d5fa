// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { OriginError } from '@patchswarm/swarm/origin'
import { IngestDigestError, IngestSizeError, NoSpaceError } from '@patchswarm/swarm/store'
import type { Artifact } from '@patchswarm/swarm/tracker'
import type { Failure } from '../failure.ts'

const final = ['DigestMismatch', 'SizeMismatch', 'OriginBudgetExhausted']

/** Another try at the same addresses cannot mend it. */
export const isFinal = ({ reason }: Failure): boolean => final.includes(reason)

/** What the tracker is told of it. */
export function failureOf(error: unknown, wish: Artifact): Failure {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof OriginError) return { reason: error.reason, message }
  if (error instanceof IngestSizeError) return { reason: 'SizeMismatch', message }
  if (error instanceof IngestDigestError) {
    return {
      reason: 'DigestMismatch',
      message: `the sources send sha256:${error.sha256}, spec.digest is ${wish.digest}: correct it or the sources`,
      sha256: error.sha256,
    }
  }
  return { reason: error instanceof NoSpaceError ? 'InsufficientDisk' : 'OriginUnreachable', message }
}
