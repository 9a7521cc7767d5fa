// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { ArtifactReport, GrantRequest, TrackerClientView } from '@patchswarm/swarm/tracker'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { artifact, MiB } from '../../testing/objects.ts'
import { artifactReport } from '../../testing/reports.ts'
import { drawOn } from '../advance.ts'
import { budgetOf } from '../budget.ts'
import { assignRange } from './assign.ts'
import { createReaders } from './readers.ts'
import { common, type Span } from './spans.ts'

const CHUNK = MiB / 4
const collects = (over: Partial<ArtifactReport> = {}) => artifactReport({ collects: true, ...over })

const reader = (peerId: string) => ({ peerId }) as TrackerClientView
const request = (over: Partial<GrantRequest> = {}) =>
  ({ any: true, reading: [], totalSize: 0, ...over }) as unknown as GrantRequest

function world(names: readonly string[]) {
  const readers = createReaders(
    () => true,
    () => 0,
  )
  readers.elect(
    'key',
    names.map((peerId) => ({ peerId, site: '', wants: true })),
  )
  return readers
}

const assign = (
  of: ReturnType<typeof artifact>,
  report: ArtifactReport | undefined,
  asked: Partial<GrantRequest> = {},
) =>
  assignRange(of, {
    readers: world(['a']),
    key: 'key',
    from: reader('a'),
    request: request(asked),
    signer: report && { report, saidAt: 0 },
    others: [],
  })

const large = 1000 * MiB
test.for([
  { name: 'nothing without a seeder', report: undefined, is: { reason: 'WaitingForSeeder' } },
  {
    name: 'nothing before it has looked around',
    report: artifactReport(),
    is: { reason: 'WaitingForSeeder' },
  },
  {
    name: 'a sixteenth of what is to spare, in whole chunks',
    report: collects(),
    is: { span: { start: 0, end: 12 * MiB } },
  },
  {
    name: 'what nobody has',
    report: collects({ chunksTotal: 1000, absent: [7, 2, 900, 100] }),
    is: { span: { start: 7 * MiB, end: 9 * MiB } },
  },
  {
    name: 'nothing when all is there',
    report: collects({ chunksTotal: 1000, absent: [] }),
    is: { reason: 'NothingLeft' },
  },
  {
    name: 'nothing of an origin that states another size',
    report: collects(),
    asked: { totalSize: 5 },
    is: { reason: 'SizeMismatch' },
  },
])('a reader is given $name', ({ report, asked, is }) => {
  expect(assign(artifact({ size: large }), report, asked)).toMatchObject(is)
})

const look = (report: ArtifactReport | undefined, saidAt = 0) => ({ report, saidAt })
const signer = look(collects({ chunksTotal: 1000, absent: [] }))
test.for([
  {
    name: 'nothing before it has said what there is in its site',
    own: artifactReport(),
    is: { reason: 'WaitingForReport' },
  },
  {
    name: 'what its site lacks, whatever the seeder has',
    own: collects({ chunksTotal: 1000, absent: [7, 20] }),
    is: { span: { start: 7 * MiB, end: 27 * MiB } },
  },
  {
    name: 'nothing that another reader of its site sees',
    own: collects({ chunksTotal: 1000, absent: [0, 500] }),
    other: collects({ chunksTotal: 1000, absent: [2, 1, 490, 20] }),
    is: { span: { start: 2 * MiB, end: 3 * MiB } },
  },
  {
    name: 'what is left when one that has just come sees nobody yet',
    own: collects(),
    other: collects({ chunksTotal: 1000, absent: [990, 10] }),
    is: { span: { start: 990 * MiB, end: 1000 * MiB } },
  },
  {
    name: 'its part although the seeder has all and looks around no more',
    own: collects({ chunksTotal: 1000, absent: [7, 20] }),
    signs: artifactReport({ cid: 'bafy' }),
    is: { span: { start: 7 * MiB, end: 27 * MiB } },
  },
])('a reader for its site is given $name', ({ own, other, signs, is }) => {
  const others = other === undefined ? [] : [{ peerId: 'b', ...look(other) }]
  const assignment = {
    readers: world(['a', 'b']),
    key: 'key',
    from: reader('a'),
    request: request(),
    signer: signs === undefined ? signer : look(signs),
    others,
    own: look(own),
  }
  expect(assignRange(artifact({ size: large }), assignment)).toMatchObject(is)
})

const size = 40 * MiB + 5
const chunks = Math.ceil(size / CHUNK)
const names = ['a', 'b', 'c', 'd']

/** Four readers of one file, a seeder that sees at once what they have brought, and an operator that may be replaced. */
class Tale {
  granted = 0
  /** What the status says. */
  written = 0
  writes = 0
  #advance = 0
  readonly reading = new Map<string, Span[]>(names.map((name) => [name, []]))
  readonly #held = new Set<number>()
  readonly #gone = new Set<string>()
  readonly #readers = createReaders(
    (peerId) => !this.#gone.has(peerId),
    () => 0,
  )

  constructor() {
    this.#readers.elect(
      'key',
      names.map((peerId) => ({ peerId, site: '', wants: true })),
    )
  }

  ask(name: string): Span | undefined {
    const free = Array.from({ length: chunks }, (_, chunk) => chunk).filter((chunk) => !this.#held.has(chunk))
    const report = collects({ chunksTotal: chunks, absent: free.flatMap((chunk) => [chunk, 1]) })
    const range = assignRange(
      artifact({ size }, { origin: { bytesGranted: this.written - this.#advance } }),
      {
        readers: this.#readers,
        key: 'key',
        from: reader(name),
        request: request({ reading: this.#of(name).flatMap(({ start, end }) => [start, end]) }),
        signer: { report, saidAt: 0 },
        others: [],
      },
    )
    if ('reason' in range) return undefined
    this.#readers.give('key', name, range.span)
    const length = range.span.end - range.span.start
    const { write, advance } = drawOn(this.#advance, length, range.ahead)
    this.written += write
    this.writes += write > 0 ? 1 : 0
    this.#advance = advance
    this.granted += length
    return range.span
  }

  take(name: string, span: Span): void {
    this.#of(name).push(span)
  }

  done(name: string): undefined {
    const { start = 0, end = 0 } = this.#of(name).shift() ?? {}
    for (let at = start; at < end; at += CHUNK) this.#held.add(at / CHUNK)
  }

  /** Others ask before it is back. */
  die(name: string): undefined {
    this.#of(name).length = 0
    this.#gone.add(name)
    this.#readers.next('key', {
      peerId: 'nobody',
      reading: [],
      others: [],
      absent: [],
      saidAt: 0,
      budgetLeft: 0,
    })
    this.#gone.delete(name)
  }

  /** The next leader knows no more than the status says. */
  fall(): undefined {
    this.#advance = 0
  }

  #of(name: string): Span[] {
    return this.reading.get(name) as Span[]
  }
}

const steps = fc.array(
  fc.tuple(
    fc.constantFrom(...names),
    fc.constantFrom('ask' as const, 'done' as const, 'die' as const, 'fall' as const),
  ),
  {
    maxLength: 300,
  },
)

test('whoever reads, leads and dies, ranges stay within the budget, and no two overlap that are read', () => {
  fc.assert(
    fc.property(steps, (story) => {
      const tale = new Tale()
      for (const [name, what] of story) {
        const span = tale[what](name)
        if (span === undefined) continue
        for (const others of tale.reading.values()) expect(common(others, span)).toEqual([])
        tale.take(name, span)
      }
      expect(tale.granted).toBeLessThanOrEqual(tale.written)
      expect(tale.written).toBeLessThanOrEqual(budgetOf(size, 1.2))
    }),
    { numRuns: 50 },
  )
})

test('the status is written a few times for many ranges, and says in the end what was granted', () => {
  const tale = new Tale()
  let ranges = 0
  for (let name = 0; tale.granted < size; name = (name + 1) % 4) {
    const span = tale.ask(names[name]!)
    if (span === undefined) throw new Error('nothing left')
    tale.take(names[name]!, span)
    tale.done(names[name]!)
    ranges += 1
  }
  expect([tale.granted, tale.written]).toEqual([size, size])
  expect(ranges).toBeGreaterThan(80)
  expect(tale.writes).toBeLessThan(20)
})
