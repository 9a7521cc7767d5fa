// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { formatRate } from '../../lab/src/units.ts'
import type { Place } from '../swarm/network.ts'
import { rateOver, sample } from './samples.ts'
import { type Bench, begin } from './scenes.ts'

const flow = [process.execPath, '--conditions=source', fileURLToPath(new URL('./flow.ts', import.meta.url))]
/** Thin enough that one file lasts through all of it. */
const LINE = 50e6 / 8
const SETTLE_MS = 6000
const WATCH_MS = 10_000

/** Somebody else's TCP connection on the seeder's uplink: alone, beside uploads, and beside uploads that give way. */
export async function measureYield(bench: Bench): Promise<string[][]> {
  await using swarm = await begin({ ...bench, linkRate: LINE }, {})
  const { started } = swarm
  const other = await bench.network.place('other', { up: undefined, down: undefined })
  const up = async () => (await started.home.traffic()).up
  const rows: string[][] = [['UPLINK', 'OTHER TRAFFIC', 'UPLOADS', 'BOTH']]
  const watch = async (name: string, others: () => number): Promise<void> => {
    await sleep(SETTLE_MS)
    const [all, foreign] = [sample(up), sample(async () => others())]
    await sleep(WATCH_MS)
    const rate = (samples: Awaited<ReturnType<typeof all.stop>>) =>
      rateOver(samples, 0, Number.POSITIVE_INFINITY)
    const [both, theirs] = [rate(await all.stop()), rate(await foreign.stop()) * (1514 / 1448)]
    rows.push([name, formatRate(theirs), formatRate(both - theirs), formatRate(both)])
  }
  await watch('alone', () => 0)
  const first = await startFlow(started.home, other)
  await watch('beside one TCP connection', first.bytes)
  await first.stop()
  started.setBandwidth({ rates: {}, yield: true })
  await watch('giving way, alone', () => 0)
  const second = await startFlow(started.home, other)
  await watch('giving way to one TCP connection', second.bytes)
  await second.stop()
  await watch('when that has gone', () => 0)
  return rows
}

let port = 5200

async function startFlow(from: Place, to: Place): Promise<{ bytes(): number; stop(): Promise<void> }> {
  const at = [to.address, `${++port}`]
  const sink = to.start([...flow, 'sink', ...at])
  await sink.line('ready')
  const source = from.start([...flow, 'source', ...at])
  return { bytes: () => sink.count('bytes'), stop: () => source.stop() }
}
