// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatBytes } from '../lab/src/units.ts'
import { size as bytes, readArguments } from './arguments.ts'
import type { Benchmark } from './benchmark.ts'
import { atMost, type Goal, renderGoals } from './goals.ts'
import { writeRandom } from './random-file.ts'
import type { Network, Place } from './swarm/network.ts'
import { type Program, startProgram } from './swarm/program.ts'
import patchswarm from './swarm/systems/patchswarm.ts'

const HELP = `Usage: npm run bench -- memory [options]

What a seeder and an agent take of memory (resident set): without work, while a file goes from one to the other over
loopback as fast as it can, and with the file in the cache after that. The programs are those that a Pod runs.

  --size SIZE       256MiB, 4GiB (default), …
  --directory DIR   where the file lies four times: at the origin, in two caches and delivered (default: temporary files)
  --json            one JSON document instead of the table`

/** Long enough for what was garbage to be collected, if it ever is. */
const SETTLE_MS = 10_000

interface Row {
  readonly program: string
  readonly when: string
  readonly rssBytes: number
  readonly heapBytes: number
  readonly externalBytes: number
}

const IDLE = 'without work'
const AT_SPEED = 'fetching and delivering, at most'

/** Of the agent, in millions of bytes: a node has one for each profile, and pays for it all day. */
export function goalsOf(rows: readonly Pick<Row, 'program' | 'when' | 'rssBytes'>[]): Goal[] {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
  const resident = (when: string) =>
    rows.find((row) => row.program === 'agent' && row.when === when)?.rssBytes ?? Number.NaN
  return [
    atMost('agent without work', resident(IDLE), 120e6, megabytes),
    atMost('agent at full speed', resident(AT_SPEED), 250e6, megabytes),
  ]
}

/** `npm run bench -- memory` */
export const memory: Benchmark = {
  about: 'what a seeder and an agent take of memory, at rest and at full speed',
  help: HELP,
  async run(args) {
    const values = readArguments(args, {
      size: { type: 'string', default: '4GiB' },
      directory: { type: 'string', default: tmpdir() },
      json: { type: 'boolean', default: false },
    })
    const size = bytes('--size', values.size)
    const directory = await mkdtemp(join(values.directory, 'patchswarm-memory-'))
    const network = new Loopback(directory)
    try {
      const { rows, seconds } = await measure(network, directory, size)
      const goals = goalsOf(rows)
      const result = { benchmark: 'memory', size, seconds, rows, goals }
      console.log(
        values.json ? JSON.stringify(result) : [table(size, seconds, rows), ...renderGoals(goals)].join('\n'),
      )
    } finally {
      await network.clear()
      await rm(directory, { recursive: true, force: true })
    }
  },
}

async function measure(network: Loopback, directory: string, size: number) {
  const file = join(directory, 'input')
  const sha256 = await writeRandom(file, size)
  const place = await network.place('source')
  const rows: Row[] = []
  const note = async (program: string, when: string, peak = false) =>
    void rows.push({ program, when, ...(await look(network, program, peak)) })
  const seed = { place, file, size, sha256, atOrigin: false, network, linkRate: undefined }
  const started = await patchswarm.start(seed)
  try {
    await note('seeder', 'reading the origin, at most', true)
    const receiver = await started.join(await network.place('agent'))
    await sleep(SETTLE_MS)
    await note('agent', IDLE)
    await note('seeder', 'with the file')
    for (const program of ['agent', 'seeder']) await forgetPeak(network, program)
    const began = performance.now()
    await receiver.receive()
    const seconds = (performance.now() - began) / 1000
    await note('agent', AT_SPEED, true)
    await note('seeder', 'sending, at most', true)
    await sleep(SETTLE_MS)
    await note('agent', 'with the file')
    await note('seeder', 'with the file, after sending')
    return { rows, seconds }
  } finally {
    await started.stop()
  }
}

/** Programs on addresses of the loopback network, as they are. */
class Loopback implements Network {
  readonly hub = '127.77.0.1'
  readonly cidr = '127.0.0.0/8'
  readonly #directory: string
  readonly #places: Place[] = []
  readonly #programs = new Map<string, Program[]>()

  constructor(directory: string) {
    this.#directory = directory
  }

  async place(name: string): Promise<Place> {
    const folder = join(this.#directory, name)
    await mkdir(folder)
    const programs: Program[] = []
    this.#programs.set(name, programs)
    const place: Place = {
      name,
      folder,
      // The seeder and its origin share a place, and take different ports.
      address: `127.77.0.${this.#places.length + 2}`,
      netns: '',
      start(command, env) {
        const program = startProgram({
          command,
          ...(env && { env }),
          directory: folder,
          logFile: join(folder, 'log'),
        })
        programs.push(program)
        return program
      },
      traffic: async () => ({ up: 0, down: 0 }),
    }
    this.#places.push(place)
    return place
  }

  places(): readonly Place[] {
    return this.#places
  }

  /** The program that was started last there. */
  find(name: string): { pid: number; address: string } {
    const at = name === 'seeder' ? 'source' : name
    const { address = '' } = this.#places.find((place) => place.name === at) ?? {}
    return { pid: this.#programs.get(at)?.at(-1)?.pid ?? 0, address }
  }

  async clear(): Promise<void> {
    await Promise.all([...this.#programs.values()].flat().map((program) => program.stop()))
  }
}

/** Resident set of the program now, or the largest since it was forgotten; what of it V8 has, by its own metrics. */
async function look(network: Loopback, name: string, peak: boolean) {
  const { pid, address } = network.find(name)
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kib = '0'] = (peak ? /^VmHWM:\s+(\d+)/m : /^VmRSS:\s+(\d+)/m).exec(status) ?? []
  const metrics = await (await fetch(`http://${address}:5001/metrics`)).text()
  const metric = (line: RegExp) => Number(line.exec(metrics)?.[1] ?? 0)
  return {
    rssBytes: Number(kib) * 1024,
    heapBytes: metric(/^nodejs_heap_size_used_bytes (\S+)$/m),
    externalBytes: metric(/^nodejs_external_memory_bytes (\S+)$/m),
  }
}

/** From now on VmHWM begins at what is resident. */
async function forgetPeak(network: Loopback, name: string): Promise<void> {
  await writeFile(`/proc/${network.find(name).pid}/clear_refs`, '5')
}

function table(size: number, seconds: number, rows: readonly Row[]): string {
  const lines = rows.map(({ program, when, rssBytes, heapBytes, externalBytes }) =>
    [
      program.padEnd(8),
      when.padEnd(34),
      ...[rssBytes, heapBytes, externalBytes].map((bytes) => formatBytes(bytes).padStart(10)),
    ].join(' '),
  )
  const head = [
    'program'.padEnd(8),
    'when'.padEnd(34),
    ...['resident', 'heap', 'external'].map((one) => one.padStart(10)),
  ]
  return [`${formatBytes(size)} in ${seconds.toFixed(1)} s, delivered`, '', head.join(' '), ...lines].join(
    '\n',
  )
}
