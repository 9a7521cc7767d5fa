// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parseDuration, parseRate, parseSize, UnitError } from '../units.ts'

export interface CliOptions {
  nodes: number
  /** What to distribute: a file, or so many random bytes. */
  input: { file: string } | { randomBytes: number } | 'default'
  originBytesPerSecond: number
  /** Of every node's link, each way; no shaping when left out. */
  linkBytesPerSecond?: number
  keep: boolean
  json: boolean
  timeoutMs: number
}

/** The command line is wrong; the message says how and what to write instead. */
export class UsageError extends Error {
  override name = 'UsageError'
}

const MAX_NODES = 100

export const HELP = `Brings a file to every node of a lab cluster: a real Kubernetes control plane and process nodes on this machine.

Usage: make lab
       npm run lab -- [options]

  --nodes N            how many nodes, 1 to ${MAX_NODES} (default 5)
  --file PATH          the file to distribute (default: the Node 24 executable, about 120 MB)
  --size SIZE          distribute so many random bytes instead, e.g. 256MiB
  --origin-rate RATE   what the origin sends at most, e.g. 50Mbit (default 200Mbit)
  --link-rate RATE     give every node a network namespace of its own with a link of this rate up and down,
                       e.g. 200Mbit; needs root
  --keep               stay up afterwards and print how to look around; Ctrl-C ends it
  --json               print one JSON document at the end instead of the table
  --timeout DURATION   give up after this time, e.g. 90s or 10m (default 10m)
  --help               print this

Exit status: 0 when every node has the file and its digest is right, 1 when not, 2 for wrong usage.`

/** The options of `npm run lab`; 'help' when help is asked for. */
export function parseCommandLine(args: readonly string[]): CliOptions | 'help' {
  const values = readArguments(args)
  if (values.help) return 'help'
  if (values.file !== undefined && values.size !== undefined) {
    throw new UsageError('--file and --size exclude each other: name a file, or a number of random bytes')
  }
  const linkRate = values['link-rate']
  return {
    nodes: readNodes(values.nodes ?? '5'),
    input: readInput(values.file, values.size),
    originBytesPerSecond: read('--origin-rate', parseRate, values['origin-rate'] ?? '200Mbit'),
    ...(linkRate !== undefined && { linkBytesPerSecond: read('--link-rate', parseRate, linkRate) }),
    keep: values.keep ?? false,
    json: values.json ?? false,
    timeoutMs: read('--timeout', parseDuration, values.timeout ?? '10m'),
  }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        nodes: { type: 'string' },
        file: { type: 'string' },
        size: { type: 'string' },
        'origin-rate': { type: 'string' },
        'link-rate': { type: 'string' },
        keep: { type: 'boolean' },
        json: { type: 'boolean' },
        timeout: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}

function readNodes(text: string): number {
  const nodes = Number(text)
  if (!/^\d+$/.test(text) || nodes < 1 || nodes > MAX_NODES) {
    throw new UsageError(`--nodes takes a whole number from 1 to ${MAX_NODES}, not "${text}"`)
  }
  return nodes
}

function readInput(file: string | undefined, size: string | undefined): CliOptions['input'] {
  if (size !== undefined) return { randomBytes: read('--size', parseSize, size) }
  if (file === undefined) return 'default'
  const path = resolve(file)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) throw new UsageError(`--file: there is no ${path}`)
  if (!stat.isFile()) throw new UsageError(`--file: ${path} is not a file`)
  if (stat.size === 0) throw new UsageError(`--file: ${path} is empty, there is nothing to distribute`)
  return { file: path }
}

function read<T>(option: string, parse: (text: string) => T, text: string): T {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof UnitError) throw new UsageError(`${option}: ${error.message}`, { cause: error })
    throw error
  }
}
