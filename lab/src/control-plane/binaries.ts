// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { BINARY_NAMES, type BinaryName } from './binary-names.ts'
import { type Environment, processEnvironment } from './config.ts'
import { DEFAULT_DOWNLOADS, type Downloads, download } from './download.ts'
import { buildFromModules, linkerFlags } from './go-build.ts'
import { collect, moduleCache } from './module-cache.ts'

/** Needed by every control plane and every user of one. */
const ALWAYS = ['etcd', 'kube-apiserver', 'kubectl'] as const

/** Paths of programs: those that are always there, and those that were asked for. */
export type Binaries = Readonly<Record<(typeof ALWAYS)[number], string> & Partial<Record<BinaryName, string>>>

/** The Go module that pins every version; its hash names the cache folder. */
const GO_MODULE = join(import.meta.dirname, '..', '..', 'control-plane')

export interface FindBinariesOptions {
  /** Beside those that are always needed; default all of a control plane. */
  names?: readonly BinaryName[]
  environment?: Environment
  downloads?: Downloads
  log: Logger
  signal?: AbortSignal
}

/** No way led to the programs; the message names all four ways and what stopped each. */
export class BinariesError extends Error {
  override name = 'BinariesError'
}

/**
 * Finds the programs of a control plane, in this order: the folder named by KUBEBUILDER_ASSETS, the cache in the user's
 * cache folder, a download into that cache, a build from Go modules into that cache.
 *
 * @throws {BinariesError} when none of them gives every program.
 */
export async function findBinaries(options: FindBinariesOptions): Promise<Binaries> {
  const environment = options.environment ?? processEnvironment()
  const names = [...new Set([...ALWAYS, ...(options.names ?? BINARY_NAMES)])]
  const cache = await cacheDirectory(environment)
  const found = new Map<BinaryName, string>()
  const missing = () => names.filter((name) => !found.has(name))
  const troubles: string[] = []

  const assets = environment.KUBEBUILDER_ASSETS
  if (assets) await collect(assets, names, found)
  const lacking = missing()
  troubles.push(assets ? `${assets} lacks ${lacking.join(', ')}` : 'not set')

  await collect(cache, missing(), found)
  if (missing().length > 0) troubles.push(`${cache} lacks ${missing().join(', ')}`)

  const version = await kubernetesVersion()
  const ways = [
    () =>
      download({
        ...options,
        downloads: options.downloads ?? DEFAULT_DOWNLOADS,
        names: missing(),
        cache,
        version,
      }),
    () =>
      buildFromModules({
        ...options,
        environment,
        programs: Object.fromEntries(missing().map((name) => [name, packageOf(name)])),
        cache,
        linkerFlags: linkerFlags(version),
        module: GO_MODULE,
      }),
  ]
  for (const way of ways) {
    if (missing().length === 0) break
    options.signal?.throwIfAborted()
    await mkdir(cache, { recursive: true })
    // One that fails half-way still leaves what it has brought.
    await way().catch((error: unknown) => troubles.push(explain(error)))
    await collect(cache, missing(), found)
  }
  options.signal?.throwIfAborted()
  if (missing().length > 0) throw new BinariesError(hopeless(missing(), troubles))
  return Object.fromEntries(found) as unknown as Binaries
}

/** Where downloaded and built programs are kept; changes with every version in go.mod. */
export const cacheDirectory = (environment: Environment = processEnvironment()): Promise<string> =>
  moduleCache(GO_MODULE, environment)

const packageOf = (name: BinaryName) =>
  name === 'etcd' ? 'go.etcd.io/etcd/server/v3' : `k8s.io/kubernetes/cmd/${name}`

async function kubernetesVersion(): Promise<string> {
  const text = await readFile(join(GO_MODULE, 'go.mod'), 'utf8')
  const version = /\bk8s\.io\/kubernetes (v[\w.-]+)/.exec(text)?.[1]
  if (!version) throw new BinariesError(`${GO_MODULE}/go.mod does not require k8s.io/kubernetes`)
  return version
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // fetch hides the interesting part ("getaddrinfo ENOTFOUND …") in the cause.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

function hopeless(missing: readonly BinaryName[], troubles: readonly string[]): string {
  const [assets, cached, downloaded, built] = troubles
  return [
    `No way to get ${missing.join(', ')}. Any one of these four is enough:`,
    `  1. set KUBEBUILDER_ASSETS to a folder that holds them (now: ${assets})`,
    `  2. copy them into the cache folder (now: ${cached})`,
    `  3. let this machine reach the release downloads of Kubernetes (now: ${downloaded})`,
    `  4. install Go, which builds them from modules (now: ${built})`,
  ].join('\n')
}
