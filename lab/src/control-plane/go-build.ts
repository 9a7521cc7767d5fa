// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { spawn } from 'node:child_process'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { BinaryName } from './binaries.ts'
import type { Environment } from './config.ts'

export interface GoBuildOptions {
  names: readonly BinaryName[]
  /** The folder of go.mod. */
  module: string
  cache: string
  /** e.g. "v1.36.3" */
  version: string
  environment: Environment
  log: Logger
  signal?: AbortSignal
}

/** Go is missing, or a program did not compile. */
export class GoBuildError extends Error {
  override name = 'GoBuildError'
}

const packageOf = (name: BinaryName) =>
  name === 'etcd' ? 'go.etcd.io/etcd/server/v3' : `k8s.io/kubernetes/cmd/${name}`

/** Builds the named programs one after the other into the cache folder; each gets its name when it is whole. */
export async function buildFromModules(options: GoBuildOptions): Promise<void> {
  await run(['version'], options)
  options.log.info(
    `building ${options.names.join(', ')} from Go modules into ${options.cache}: once, about 5 minutes on two cores`,
  )
  for (const name of options.names) {
    const started = Date.now()
    options.log.info(`building ${name} …`)
    const partial = join(options.cache, `.${name}-${process.pid}`)
    try {
      await run(
        [
          'build',
          '-trimpath',
          '-buildvcs=false',
          `-ldflags=${linkerFlags(options.version)}`,
          '-o',
          partial,
          packageOf(name),
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

/** Without a version stamp the programs call themselves v0.0.0-master, which a chart's kubeVersion refuses. */
export function linkerFlags(version: string): string {
  const [major, minor] = version.slice(1).split('.')
  const stamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
    `-X ${path}.gitVersion=${version}`,
    `-X ${path}.gitMajor=${major}`,
    `-X ${path}.gitMinor=${minor}`,
    `-X ${path}.gitTreeState=clean`,
  ])
  return ['-s', '-w', ...stamps].join(' ')
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
