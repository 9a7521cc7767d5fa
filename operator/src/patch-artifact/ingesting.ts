// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { formatBytes, formatPart } from '../human.ts'
import { type Verdict, working } from '../verdict.ts'
import type { Observed } from './observed.ts'

/** How far the seeder is, in words; undefined before it has the first byte. */
export function ingesting({ artifact, seeders }: Observed): Verdict | undefined {
  const report = seeders.find(
    (one) => one.report?.state === 'Ingesting' || one.report?.state === 'Fetching',
  )?.report
  if (!report) return undefined
  const size = report.size || artifact.spec.size || 0
  if (size === 0 && report.bytesHeld === 0) return undefined
  const progress =
    size > 0
      ? `${Math.min(99, Math.floor((report.bytesHeld * 100) / size))} %: ${formatPart(report.bytesHeld, size)}`
      : `${formatBytes(report.bytesHeld)} so far; the origin does not say how much there is`
  return working('Ingesting', `Ingesting ${progress}`)
}
