// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { spawn } from 'node:child_process'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Environment } from './config.ts'

export interface GoBuildOptions {
  /** What to build: the name of each program and its package. */
  programs: Readonly<Record<string, string>>
  /** The folder of go.mod. */
  module: string
  cache: string
  linkerFlags: string
  environment: Environment
  log: Logger
  signal?: AbortSignal
}

/** Go is missing, or a program did not compile. */
export class GoBuildError extends Error {
  override name = 'GoBuildError'
}

/** Builds the programs one after the other into the cache folder; each gets its name when it is whole. */
export async function buildFromModules(options: GoBuildOptions): Promise<void> {
  await run(['version'], options)
  options.log.info(
    `building ${Object.keys(options.programs).join(', ')} from Go modules into ${options.cache}: once, up to 10 minutes on two cores`,
  )
  for (const [name, goPackage] of Object.entries(options.programs)) {
    const started = Date.now()
    options.log.info(`building ${name} …`)
    const partial = join(options.cache, `.${name}-${process.pid}`)
    try {
      await run(
        [
          'build',
          '-trimpath',
          '-buildvcs=false',
          `-ldflags=${options.linkerFlags}`,
          '-o',
          partial,
          goPackage,
        ],
        options,
      )
      await rename(partial, join(options.cache, name))
    } finally {
      await rm(partial, { force: true })
    }
    options.log.info(`built ${name} in ${Math.round((Date.now() - started) / 1000)} s`)
  }
}

/** Without symbols: a third of the size. */
export const STRIPPED = '-s -w'

/** Without a version stamp the programs call themselves v0.0.0-master, which a chart's kubeVersion refuses. */
export function linkerFlags(version: string): string {
  const [major, minor] = version.slice(1).split('.')
  const stamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
    `-X ${path}.gitVersion=${version}`,
    `-X ${path}.gitMajor=${major}`,
    `-X ${path}.gitMinor=${minor}`,
    `-X ${path}.gitTreeState=clean`,
  ])
  return [STRIPPED, ...stamps].join(' ')
}

async function run(args: readonly string[], options: GoBuildOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const go = spawn('go', args, {
    cwd: options.module,
    env: { ...options.environment, CGO_ENABLED: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(options.signal && { signal: options.signal }),
  })
  let output = ''
  go.stderr.on('data', (text: Buffer) => {
    output = (output + text.toString()).slice(-4000)
  })
  go.once('error', (cause) =>
    reject(
      (cause as NodeJS.ErrnoException).code === 'ENOENT'
        ? new GoBuildError('go is not in PATH')
        : new GoBuildError(`go ${args[0]} failed`, { cause }),
    ),
  )
  go.once('close', (code) =>
    code === 0
      ? resolve()
      : reject(new GoBuildError(`go ${args.join(' ')} ended with ${code}:\n${output.trim()}`)),
  )
  await promise
}
