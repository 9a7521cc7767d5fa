// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { PatchArtifact } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { complete, decide, read, says } from '../testing/artifact-plans.ts'
import { artifact, digest, MiB, readyArtifact } from '../testing/objects.ts'
import { artifactReport } from '../testing/reports.ts'

test('the facts of a whole artifact go into the status', () => {
  const { status } = decide({ seeders: says(complete()), bytesRead: read(101 * MiB) })
  expect(status).toMatchObject({
    cid: 'bafy',
    sha256: digest.slice(7),
    size: 100 * MiB,
    chunks: 400,
    chunkSize: 262_144,
    seeders: 1,
    progressPercent: 100,
    origin: { bytesRead: 101 * MiB },
  })
})

test('what was known stays known while nobody reports', () => {
  const before = readyArtifact()
  const { status } = decide({ artifact: before, bytesRead: read(100 * MiB) })
  expect(status).toMatchObject({
    cid: 'bafy',
    size: 100 * MiB,
    origin: { bytesGranted: 100 * MiB },
    seeders: 0,
  })
})

test('a size that other sources have stated is not that of the file', () => {
  const before = artifact({}, { observedGeneration: 1, size: 7 })
  const corrected = { ...before, metadata: { ...before.metadata, generation: 2 } }
  const stale = artifactReport({
    state: 'Failed',
    reason: 'DigestMismatch',
    failedSpec: 'uid-patch/1',
    size: 7,
  })
  const sizes = (one: PatchArtifact) => decide({ artifact: one, seeders: says(stale) }).status.size
  expect([sizes(before), sizes(corrected)]).toEqual([7, undefined])
})

test('nodes that have said something else of a file than its sources send stay named, whoever seeds', () => {
  const before = artifact({}, { observedGeneration: 1, origin: { barredNodes: ['n2'] } })
  const { status, message } = decide({ artifact: before, seeders: says(complete({ liars: ['n1'] })) })
  expect(status.origin?.barredNodes).toEqual(['n1', 'n2'])
  expect(message).toMatch(/stated by n1, n2: as long as/)
})

describe('with trustOnFirstUse', () => {
  const { digest: _, ...spec } = artifact().spec
  const firstUse = (status?: PatchArtifact['status']): PatchArtifact => ({
    ...artifact({}, status),
    spec: { ...spec, trustOnFirstUse: true },
  })

  test('what is read first is pinned, and Ready only when that is written', () => {
    const { status, said } = decide({ artifact: firstUse(), seeders: says(complete()) })
    expect([said, status.digest]).toEqual(['False Resolving', digest])
    const after = decide({ artifact: firstUse(status), seeders: says(complete()) })
    expect([after.said, after.status.digest]).toEqual(['True Seeded', digest])
  })

  test('a seeder that does not know yet what it has read is waited for', () => {
    const { status, said } = decide({ artifact: firstUse(), seeders: says(complete({ sha256: '' })) })
    expect([said, status.digest]).toEqual(['False Resolving', undefined])
  })

  test('another file than the pinned one is another file', () => {
    const pinned = firstUse({ digest })
    const { status, said } = decide({
      artifact: pinned,
      seeders: says(complete({ sha256: 'cd'.repeat(32) })),
    })
    expect([said, status.digest]).toEqual(['False Stalled DigestMismatch', digest])
  })
})

test('what each reader has read stands beside the sum', () => {
  const { status } = decide({ bytesRead: read(6 * MiB, {}, { s1: 4 * MiB, s2: 2 * MiB }) })
  expect(status.origin).toEqual({
    bytesRead: 6 * MiB,
    readers: [
      { peerId: 's1', bytesRead: 4 * MiB },
      { peerId: 's2', bytesRead: 2 * MiB },
    ],
  })
})

test('what each site has read stands beside what it was granted', () => {
  const sites = [{ site: 'a', bytesGranted: 7 }]
  const before = artifact({ size: 4 * MiB }, { observedGeneration: 1, origin: { sites } })
  const { status } = decide({ artifact: before, bytesRead: read(6 * MiB, { a: 4 * MiB, b: 2 * MiB }) })
  expect(status.origin).toEqual({
    bytesRead: 6 * MiB,
    sites: [
      { site: 'a', bytesGranted: 7, bytesRead: 4 * MiB, amplification: '1.000' },
      { site: 'b', bytesRead: 2 * MiB, amplification: '0.500' },
    ],
  })
})
