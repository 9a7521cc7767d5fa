// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { patchArtifacts } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import type { Fault } from '../../../lab/src/origin/fault.ts'
import { all, digestsOf, filesBelow, isTemporary } from '../../support/node-files.ts'
import { artifactIs, getArtifact, jobIs, rowsOf, until } from '../../support/seen.ts'
import type { Served, TestLab } from '../../support/test-lab.ts'
import { createArtifact, createJob } from '../../support/wishes.ts'

const KiB = 1024
const SIZE = 1024 * KiB
const OTHER_DIGEST = `sha256:${'0'.repeat(64)}`

interface Case {
  name: string
  /** What is wrong, in a sentence. */
  when: string
  fault?: Fault
  spec?: object
  reason: string
  /** What was found, and what to do about it. */
  says: (file: Served) => (string | RegExp)[]
}

const goesOn = 'The seeder goes on trying; correct spec.sources if an address is wrong.'
const newArtifact = 'create a new PatchArtifact with its digest; else correct spec.sources'

const cases: Case[] = [
  {
    name: 'digest',
    when: 'the file has another digest',
    spec: { digest: OTHER_DIGEST },
    reason: 'DigestMismatch',
    says: ({ sha256 }) => [sha256, OTHER_DIGEST, newArtifact],
  },
  {
    name: 'status-404',
    when: 'the origin answers 404',
    fault: { kind: 'status', status: 404 },
    reason: 'OriginUnreachable',
    says: ({ url }) => [`${url} answers 404`, goesOn],
  },
  {
    name: 'status-500',
    when: 'the origin answers 500 every time',
    fault: { kind: 'status', status: 500 },
    reason: 'OriginUnreachable',
    says: ({ url }) => [`${url} answers 500`, goesOn],
  },
  {
    name: 'etag',
    when: 'the ETag changes between ranges',
    fault: { kind: 'changing-etag' },
    reason: 'OriginChanged',
    says: ({ url }) => [`${url} has another file now`, 'name a source that does not change'],
  },
  {
    name: 'fewer-announced',
    when: 'fewer bytes come than were announced',
    fault: { kind: 'wrong-length', extraBytes: -1000 },
    reason: 'OriginUnreachable',
    says: ({ url }) => [url, 'the connection was closed before the end', goesOn],
  },
  {
    name: 'more-than-size',
    when: 'the file is larger than spec.size',
    fault: { kind: 'other-size', extraBytes: 4096 },
    spec: { size: SIZE },
    reason: 'SizeMismatch',
    says: () => [`announces ${SIZE + 4096} bytes where ${SIZE} are expected`, 'with the right size'],
  },
  {
    name: 'less-than-size',
    when: 'the file is smaller than spec.size',
    fault: { kind: 'other-size', extraBytes: -4096 },
    spec: { size: SIZE },
    reason: 'SizeMismatch',
    says: () => [`announces ${SIZE - 4096} bytes where ${SIZE} are expected`, 'with the right size'],
  },
  {
    name: 'longer',
    when: 'bytes are appended and no size is stated',
    fault: { kind: 'other-size', extraBytes: 4096 },
    reason: 'DigestMismatch',
    says: ({ sha256 }) => [sha256, newArtifact],
  },
  {
    name: 'shorter',
    when: 'bytes are missing at the end and no size is stated',
    fault: { kind: 'other-size', extraBytes: -4096 },
    reason: 'DigestMismatch',
    says: ({ sha256 }) => [sha256, newArtifact],
  },
]

const files = new Map<string, Served>()

/** Everything that is wrong with an origin at the same time, side by side. */
export async function breakOrigins(lab: TestLab): Promise<void> {
  await wish(lab, { name: 'hanging', fault: { kind: 'hang' } })
  for (const one of cases) await wish(lab, one)
}

/** An artifact and a job for it. */
async function wish(
  lab: TestLab,
  { name, fault, spec }: Pick<Case, 'name' | 'fault' | 'spec'>,
): Promise<Served> {
  const file = await lab.serve(`${name}.bin`, SIZE)
  files.set(name, file)
  file.origin.fault = fault
  await createArtifact(lab, name, file, spec)
  await createJob(lab, name, [name])
  return file
}

export function describeOrigins(labOf: () => TestLab): void {
  describe('an artifact does not become ready, and says why, when', () => {
    test.for(cases)('$when', async ({ name, reason, says }) => {
      const lab = labOf()
      const file = files.get(name) as Served
      const { message, ready } = await artifactIs(lab, name, reason)
      expect(ready).toBe('False')
      for (const words of says(file)) expect(message).toContain(words)
      await expectNothing(lab, name)
      // Those that wait for the file hear the same; nodes have begun by then, or have not.
      const ends = reason === 'DigestMismatch' ? ['ArtifactFailed', 'NodesFailed'] : ['ArtifactFailed']
      const job = await Promise.any(ends.map((end) => jobIs(lab, name, end)))
      expect(job.message).toContain(`${reason}: `)
    })
  })

  describe('the file arrives all the same when', () => {
    test('the connection is cut half-way: reading goes on where it stopped', async () => {
      const lab = labOf()
      const file = await wish(lab, {
        name: 'cut',
        fault: { kind: 'close-half-way' },
        // What may have been on its way when a connection broke counts as sent: in a small file that is much of it.
        spec: { origin: { budgetFactor: 4 } },
      })
      await until('it was cut twice', async () => file.origin.counters.requests >= 3, { everyMs: 5 })
      file.origin.fault = undefined
      await artifactIs(lab, 'cut', 'Seeded')
      await expectDelivered(lab, 'cut', file)
      // What was in the sockets of the two broken connections is lost, and read again.
      expect(file.origin.counters.bytes).toBeLessThanOrEqual(1.25 * SIZE)
    })

    test('more bytes come than were announced: what lies behind the end is not part of the file', async () => {
      const lab = labOf()
      const file = await wish(lab, {
        name: 'more-announced',
        fault: { kind: 'wrong-length', extraBytes: 1000 },
      })
      await expectDelivered(lab, 'more-announced', file)
    })

    test('the first source is broken and the second is not', async () => {
      const lab = labOf()
      const good = await lab.serve('mirrored.bin', SIZE)
      const bad = await lab.serveAgain(good)
      bad.origin.fault = { kind: 'status', status: 404 }
      const sources = [bad, good].map(({ url }) => ({ http: { url } }))
      await createArtifact(lab, 'mirrored', good, { sources })
      await createJob(lab, 'mirrored', ['mirrored'])
      await expectDelivered(lab, 'mirrored', good)
      const { status } = await getArtifact(lab, 'mirrored')
      expect(status?.sources).toMatchObject([
        { url: bad.url, reachable: false, lastError: expect.stringContaining('answers 404') },
        { url: good.url, reachable: true },
      ])
    })

    test('the sources of a failed artifact are put right', async () => {
      const lab = labOf()
      await expectDelivered(lab, 'status-404', await putRight(lab, 'status-404'))
    })

    test.for(['more-than-size', 'shorter'])('those of one that nobody reads any more: %s', async (name) => {
      const lab = labOf()
      await putRight(lab, name)
      await artifactIs(lab, name, 'Seeded')
    })
  })
}

async function putRight(lab: TestLab, name: string): Promise<Served> {
  const right = await lab.serveAgain(files.get(name) as Served)
  const sources = [{ http: { url: right.url } }]
  await lab.cluster.client.for(patchArtifacts).patch(name, 'patchswarm-system', { spec: { sources } })
  return right
}

export function describeHangingOrigin(labOf: () => TestLab): void {
  test('an origin that takes the request and never answers is told of while it is tried', async () => {
    const lab = labOf()
    // The time without anything happening after which a request has failed is 30 s, from the start of this file.
    const source = await until(
      'the source is known to hang',
      async () => {
        const [first] = (await getArtifact(lab, 'hanging')).status?.sources ?? []
        return first?.lastError ? first : undefined
      },
      { withinMs: 60_000 },
    )
    expect(source).toMatchObject({ reachable: false })
    expect(source.lastError).toContain('no answer in time')
    await expectNothing(lab, 'hanging')
  })
}

async function expectDelivered(lab: TestLab, name: string, file: Served): Promise<void> {
  await jobIs(lab, name, 'Completed')
  expect(await digestsOf(lab, `/opt/patches/${name}/${file.name}`)).toEqual(all(lab.nodeNames, file.sha256))
}

/** Nodes may have begun while the origin was read; but nothing was delivered, and nothing has the file's name. */
async function expectNothing(lab: TestLab, name: string): Promise<void> {
  const states = [...(await rowsOf(lab, name)).values()].map(({ status }) => status?.state)
  expect(states).not.toContain('Delivered')
  for (const node of lab.nodeNames) {
    const files = Object.keys(await filesBelow(lab, node, `/opt/patches/${name}`))
    expect(files.filter((path) => !isTemporary(path))).toEqual([])
  }
}
