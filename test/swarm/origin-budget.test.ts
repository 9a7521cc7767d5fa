// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { destinationRules } from '@patchswarm/swarm/destination'
import { type AskGrant, type Leave, OriginError, readOrigin } from '@patchswarm/swarm/origin'
import { openStore } from '@patchswarm/swarm/store'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fault } from '../../lab/src/origin/fault.ts'
import { type Origin, startOrigin } from '../../lab/src/origin/index.ts'
import { artifact } from '../../operator/src/testing/objects.ts'
import { decideGrant } from '../../operator/src/tracker/budget.ts'

const MiB = 2 ** 20
const CHUNK = MiB / 4
const SIZE = 6 * MiB + 1000
const log = pino({ level: 'silent' })
const content = randomBytes(SIZE)
const shaOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchswarm-budget-'))
  for (const size of [SIZE, MiB]) await writeFile(join(folder, String(size)), content.subarray(0, size))
})

afterAll(() => rm(folder, { recursive: true }))

/** What happens when a grant is asked for, after the operator has written it down. */
type Mishap =
  /** Nothing; and the origin is well again. */
  | 'none'
  /** The reader is killed before the answer reaches it, or a moment after. */
  | 'killed-before'
  | 'killed-after'
  /** The leader that gave it is gone, and its answer with it. */
  | 'answer-lost'
  /** The origin is like this for some milliseconds. */
  | Fault['kind']

const FAULTS: Partial<Record<Mishap, Fault>> = {
  status: { kind: 'status', status: 500 },
  'close-half-way': { kind: 'close-half-way' },
  'reset-half-way': { kind: 'reset-half-way' },
  'changing-etag': { kind: 'changing-etag' },
  'wrong-length': { kind: 'wrong-length', extraBytes: -100 },
}

interface Outcome {
  /** By the origin's own count. */
  sent: number
  granted: number
  sha256: string | undefined
}

const loopback = {
  rules: destinationRules({ allowedDomains: ['127.0.0.1'], clusterNetworks: [] }),
  tlsMinVersion: 'TLSv1.2',
} as const

/** Reads a file from a real server, from life to life, until it is here or the budget is spent. */
async function story(
  mishaps: readonly Mishap[],
  budgetFactor: number,
  { size = SIZE, keeps = false } = {},
): Promise<Outcome> {
  const sha256 = shaOf(content.subarray(0, size))
  const directory = await mkdtemp(join(folder, 'story-'))
  const origin = await startOrigin({
    file: join(folder, String(size)),
    fileName: 'file.bin',
    etag: sha256,
    address: '127.0.0.1',
  })
  const store = await openStore(directory, { log })
  try {
    const tale = new Tale({ origin, mishaps: [...mishaps], budgetFactor, expected: sha256, keeps })
    const stored = await store.open(new Uint8Array(32).fill(7))
    while (!tale.ended) {
      const life = new AbortController()
      await tale.live(life, (leave) =>
        readOrigin({
          sources: [{ url: origin.url }],
          access: () => loopback,
          grant: (request) => tale.grant(request, life),
          leave,
          beginIngest: (size, signal) => stored.beginIngest(size, CHUNK, signal),
          signal: life.signal,
          log,
          inactivityMs: 60,
          backoff: { baseMs: 2, capMs: 10 },
        }),
      )
      expect(origin.counters.bytes).toBeLessThanOrEqual(tale.granted)
    }
    await sleep(5)
    return { sent: origin.counters.bytes, granted: tale.granted, sha256: tale.sha256 }
  } finally {
    await store.close()
    await origin.stop()
  }
}

interface TaleInit {
  readonly origin: Origin
  readonly mishaps: Mishap[]
  readonly budgetFactor: number
  readonly expected: string
  /** The reader writes its leave down, as a seeder does. */
  readonly keeps: boolean
}

class Tale {
  granted = 0
  ended = false
  sha256: string | undefined
  readonly #init: TaleInit
  #leave: Leave = { bytes: 0 }
  /** What of it is on disk. */
  #written = 0

  constructor(init: TaleInit) {
    this.#init = init
    this.#start(0)
  }

  #start(bytes: number): void {
    const keep = async () => {
      // One that was killed writes nothing any more.
      if (this.#leave === leave) this.#written = leave.bytes
    }
    const leave: Leave = this.#init.keeps ? { bytes, keep } : { bytes: 0 }
    this.#leave = leave
  }

  /** One try; what was granted is kept for the next one unless the reader dies. */
  async live(life: AbortController, read: (leave: Leave) => ReturnType<typeof readOrigin>): Promise<void> {
    try {
      const { ingest } = await read(this.#leave)
      this.sha256 = (await ingest.finish(this.#init.expected)).sha256
      this.ended = true
    } catch (error) {
      if (life.signal.aborted) this.#start(this.#written)
      else if (!(error instanceof OriginError)) throw error
      else this.ended = error.reason === 'OriginBudgetExhausted'
    }
  }

  async grant(request: Parameters<AskGrant>[0], life: AbortController) {
    const { origin, mishaps, budgetFactor } = this.#init
    const object = artifact({ origin: { budgetFactor } }, { origin: { bytesGranted: this.granted } })
    const decision = decideGrant(object, request)
    // What a real operator writes to the status before it answers.
    this.granted += decision.length
    const mishap = mishaps.shift() ?? 'none'
    const fault = FAULTS[mishap]
    if (mishap === 'none') origin.fault = undefined
    if (fault) {
      origin.fault = fault
      setTimeout(() => {
        origin.fault = undefined
      }, 10)
    }
    if (mishap === 'answer-lost') throw new Error('the connection to the tracker was lost')
    if (mishap === 'killed-before') life.abort(new Error('killed'))
    if (mishap === 'killed-after') setTimeout(() => life.abort(new Error('killed')), 2)
    return { reason: '', message: '', ...decision }
  }
}

const mishap = fc.constantFrom<Mishap>(
  'none',
  'none',
  'none',
  'killed-before',
  'killed-after',
  'answer-lost',
  ...(Object.keys(FAULTS) as Mishap[]),
)

test('whatever dies, breaks or is lost, the origin sends no more than was granted, and no more than the budget', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(mishap, { maxLength: 40 }),
      fc.constantFrom(1, 1.2, 3),
      fc.boolean(),
      async (mishaps, factor, keeps) => {
        const { sent, granted, sha256: found } = await story(mishaps, factor, { keeps })
        expect(sent).toBeLessThanOrEqual(granted)
        expect(granted).toBeLessThanOrEqual(factor * SIZE)
        if (found !== undefined) expect(found).toBe(shaOf(content))
      },
    ),
    { numRuns: 12 },
  )
})

test('without a mishap a budget of the file and not a byte more is enough', async () => {
  expect(await story([], 1)).toEqual({ sent: SIZE, granted: SIZE, sha256: shaOf(content) })
})

test('the default budget bears a reader that is killed, a lost answer and a broken connection', async () => {
  const outcome = await story(['none', 'killed-after', 'none', 'answer-lost', 'none', 'close-half-way'], 1.2)
  expect(outcome.sha256).toBe(shaOf(content))
  expect(outcome.granted).toBeLessThanOrEqual(1.2 * SIZE)
})

test('a small file bears two broken connections, too', async () => {
  const { sha256, granted } = await story(['reset-half-way', 'none', 'close-half-way'], 1.2, { size: MiB })
  expect(sha256).toBe(shaOf(content.subarray(0, MiB)))
  expect(granted).toBeLessThanOrEqual(2 * MiB)
})
