// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { parseArgs } from 'node:util'
import { formatRate, parseRate, parseSize, UnitError } from '../../lab/src/units.ts'
import { writeRandom } from '../swarm/index.ts'
import { insideDirectory, requireNamespaces, runIsolated, settleInside } from '../swarm/isolated.ts'
import { MeasurementError, sha256Of } from '../swarm/measure.ts'
import { createNetwork } from '../swarm/network.ts'
import { UsageError } from '../swarm/options.ts'
import { ProgramError } from '../swarm/program.ts'
import { columns } from '../swarm/table.ts'
import { type Bench, measureChange, measureDownload, measureOrigin, measureUpload } from './scenes.ts'
import { measureYield } from './yield.ts'

const HELP = `Usage: npm run bench -- limits [options]

How well the limits of a profile are kept, and how fast a change holds: a seeder and a node in network namespaces,
started as users run them. Payload is what the programs count, "wire" what passes the link, headers and all.

  --link-rate RATE   of every link, each way (default 400Mbit)
  --limit RATE       the limit that is kept (default 40Mbit)
  --seconds N        for which each limit is watched (default 20)
  --size SIZE        of the file (default 256MiB)
  --scenes A,B       of upload, download, origin, change, yield (default all)
  --help             print this`

const scenes: Readonly<Record<string, (bench: Bench) => Promise<string[][]>>> = {
  upload: measureUpload,
  download: measureDownload,
  origin: measureOrigin,
  change: measureChange,
  yield: measureYield,
}

interface Options {
  readonly linkRate: number
  readonly limit: number
  readonly seconds: number
  readonly size: number
  readonly scenes: readonly string[]
}

/** `npm run bench -- limits` */
export async function limits(args: string[]): Promise<void> {
  try {
    const options = parseOptions(args)
    if (options === 'help') return console.log(HELP)
    const directory = insideDirectory()
    if (directory === undefined) {
      requireNamespaces()
      process.exitCode = await runIsolated(undefined)
      return
    }
    process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
    await inside(options, directory)
  } catch (error) {
    const [expected] = [UsageError, UnitError, ProgramError, MeasurementError].filter(
      (known) => error instanceof known,
    )
    if (expected === undefined) throw error
    console.error((error as Error).message)
    process.exitCode = 1
  }
}

/** @throws UsageError, UnitError */
function parseOptions(args: string[]): Options | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      'link-rate': { type: 'string', default: '400Mbit' },
      limit: { type: 'string', default: '40Mbit' },
      seconds: { type: 'string', default: '20' },
      size: { type: 'string', default: '256MiB' },
      scenes: { type: 'string', default: Object.keys(scenes).join(',') },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return 'help'
  const chosen = values.scenes.split(',')
  const wrong = chosen.find((name) => scenes[name] === undefined)
  if (wrong !== undefined) throw new UsageError(`"${wrong}" is none of ${Object.keys(scenes).join(', ')}`)
  return {
    linkRate: parseRate(values['link-rate']),
    limit: parseRate(values.limit),
    seconds: Number(values.seconds),
    size: parseSize(values.size),
    scenes: chosen,
  }
}

async function inside(options: Options, directory: string): Promise<void> {
  await settleInside(directory, undefined)
  const network = await createNetwork(directory, { congestion: 'cubic', sysctls: [] })
  const file = `${directory}/input`
  await writeRandom(file, options.size)
  const bench: Bench = { ...options, network, file, sha256: await sha256Of(file) }
  console.log(
    `Links of ${formatRate(options.linkRate)}; every stretch of ten seconds counts, the worst is shown`,
  )
  for (const name of options.scenes) {
    console.error(`${name} …`)
    const rows = (await scenes[name]?.(bench)) ?? []
    console.log(['', ...columns(rows)].join('\n'))
    await network.clear()
  }
}
