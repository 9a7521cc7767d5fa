// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { formatRate } from '../../lab/src/units.ts'
import { names, rate, readArguments, size, whole } from '../arguments.ts'
import type { Benchmark } from '../benchmark.ts'
import { columns } from '../columns.ts'
import { writeRandom } from '../random-file.ts'
import { inNamespaces } from '../swarm/isolated.ts'
import { createNetwork } from '../swarm/network.ts'
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
export const limits: Benchmark = {
  about: 'how well limits are kept, how fast changed, and how background traffic yields',
  help: HELP,
  async run(args) {
    const options = parseOptions(args)
    await inNamespaces(undefined, (directory) => runHere(options, directory))
  },
}

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const values = readArguments(args, {
    'link-rate': { type: 'string', default: '400Mbit' },
    limit: { type: 'string', default: '40Mbit' },
    seconds: { type: 'string', default: '20' },
    size: { type: 'string', default: '256MiB' },
    scenes: { type: 'string', default: Object.keys(scenes).join(',') },
  })
  return {
    linkRate: rate('--link-rate', values['link-rate']),
    limit: rate('--limit', values.limit),
    // The worst stretch of ten seconds counts.
    seconds: whole('--seconds', values.seconds, 10, 3600),
    size: size('--size', values.size),
    scenes: names('--scenes', values.scenes, Object.keys(scenes)),
  }
}

async function runHere(options: Options, directory: string): Promise<void> {
  const network = await createNetwork(directory, { congestion: 'cubic', sysctls: [] })
  const file = `${directory}/input`
  const bench: Bench = { ...options, network, file, sha256: await writeRandom(file, options.size) }
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
