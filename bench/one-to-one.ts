// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseSize } from '../lab/src/units.ts'
import type { FetchOrder, FetchResult, SeedOrder, SeedReady, System, Usage } from './one-to-one-worker.ts'

const usage = `Usage: npm run bench -- one-to-one [options]

One seeder and one receiver, a process each, over loopback: bytes received, verified and written to disk. The same bytes
go by our protocol and by Helia's bitswap (cat to a file), one after the other.

  --size SIZE       256MiB, 1GiB (default), …
  --runs N          runs of each; the median counts (default 1)
  --only SYSTEM     patchswarm or bitswap
  --json            one JSON document instead of the table`

interface Row {
  readonly system: System
  readonly seconds: number
  readonly megabytesPerSecond: number
  readonly cpuSecondsPerGB: number
  readonly cpuSecondsPerGBSeeder: number
  readonly cpuSecondsPerGBReceiver: number
  readonly rssMiB: number
}

export async function oneToOne(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      size: { type: 'string', default: '1GiB' },
      runs: { type: 'string', default: '1' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return
  }
  const size = parseSize(values.size)
  const systems: System[] = values.only === undefined ? ['patchswarm', 'bitswap'] : [values.only as System]
  const rows: Row[] = []
  for (const system of systems) {
    const runs: Row[] = []
    for (let run = 0; run < Number(values.runs); run++) {
      runs.push(await measure(system, size))
    }
    rows.push(median(runs))
  }
  console.log(values.json ? JSON.stringify({ benchmark: 'one-to-one', size, rows }) : table(size, rows))
}

/** One transfer in fresh processes and folders. */
async function measure(system: System, size: number): Promise<Row> {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-bench-'))
  const seeder = startWorker()
  const receiver = startWorker()
  try {
    const seed = await ask<SeedOrder, SeedReady>(seeder, {
      do: 'seed',
      system,
      size,
      directory: join(directory, 'seed'),
    })
    const order: FetchOrder = { do: 'fetch', system, directory: join(directory, 'fetch'), from: seed }
    const before = await ask<{ do: 'usage' }, Usage>(seeder, { do: 'usage' })
    const result = await ask<FetchOrder, FetchResult>(receiver, order)
    const after = await ask<{ do: 'usage' }, Usage>(seeder, { do: 'usage' })
    const gigabytes = size / 1e9
    const seederCpu = after.cpuSeconds - before.cpuSeconds
    return {
      system,
      seconds: result.seconds,
      megabytesPerSecond: size / 1e6 / result.seconds,
      cpuSecondsPerGB: (seederCpu + result.cpuSeconds) / gigabytes,
      cpuSecondsPerGBSeeder: seederCpu / gigabytes,
      cpuSecondsPerGBReceiver: result.cpuSeconds / gigabytes,
      rssMiB: Math.max(after.rssMiB, result.rssMiB),
    }
  } finally {
    await Promise.all([stopWorker(seeder), stopWorker(receiver)])
    await rm(directory, { recursive: true, force: true })
  }
}

type Worker = ReturnType<typeof fork>

const startWorker = (): Worker =>
  fork(new URL('./one-to-one-worker.ts', import.meta.url), {
    execArgv: ['--conditions=source', ...process.execArgv],
  })

async function ask<Order, Answer>(worker: Worker, order: Order): Promise<Answer> {
  worker.send(order as object)
  const ended = new AbortController()
  const onExit = () => ended.abort(new Error('the worker ended before it answered'))
  worker.once('exit', onExit)
  try {
    const [answer] = (await once(worker, 'message', { signal: ended.signal })) as [Answer | { error: string }]
    if (typeof answer === 'object' && answer !== null && 'error' in answer) {
      throw new Error(answer.error)
    }
    return answer as Answer
  } finally {
    worker.off('exit', onExit)
  }
}

async function stopWorker(worker: Worker): Promise<void> {
  if (worker.exitCode === null && worker.signalCode === null) {
    // SIGTERM first: a worker that is profiled writes its profile then.
    worker.kill('SIGTERM')
    const forced = setTimeout(() => worker.kill('SIGKILL'), 5000)
    await once(worker, 'exit')
    clearTimeout(forced)
  }
}

function median(rows: Row[]): Row {
  const sorted = rows.toSorted((a, b) => a.seconds - b.seconds)
  const row = sorted[sorted.length >>> 1]
  if (row === undefined) {
    throw new Error('--runs must be at least 1')
  }
  return row
}

function table(size: number, rows: readonly Row[]): string {
  const head = ['', 'MB/s', 'seconds', 'CPU s/GB', 'seeder', 'receiver', 'peak RSS MiB']
  const lines = rows.map((row) => [
    row.system,
    row.megabytesPerSecond.toFixed(0),
    row.seconds.toFixed(2),
    row.cpuSecondsPerGB.toFixed(2),
    row.cpuSecondsPerGBSeeder.toFixed(2),
    row.cpuSecondsPerGBReceiver.toFixed(2),
    row.rssMiB.toFixed(0),
  ])
  const [ours, theirs] = [rows[0], rows[1]]
  const ratio = ours && theirs ? ours.megabytesPerSecond / theirs.megabytesPerSecond : undefined
  return [
    `one to one, loopback, ${(size / 2 ** 20).toFixed(0)} MiB`,
    ...[head, ...lines].map((cells) =>
      cells.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(13))).join(''),
    ),
    ...(ratio === undefined ? [] : [`${ratio.toFixed(1)} times bitswap`]),
  ].join('\n')
}
