// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { cacheDirectory, findBinaries } from './binaries.ts'
import { BINARY_NAMES, type BinaryName } from './binary-names.ts'
import { linkerFlags } from './go-build.ts'

const log = pino({ level: 'silent' })
let home: string
let cache: string

beforeEach(async () => {
  // envtest-js reads it by itself.
  vi.stubEnv('KUBEBUILDER_ASSETS', '')
  home = await mkdtemp(join(tmpdir(), 'patchswarm-binaries-'))
  cache = await cacheDirectory({ HOME: home })
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true, force: true })
})

/** Nothing answers there: a machine whose downloads are blocked. */
const BLOCKED = { indexUrl: 'http://127.0.0.2:64999/index.yaml', releasesUrl: 'http://127.0.0.2:64999' }

async function program(path: string, text = 'program'): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  await chmod(path, 0o755)
}

const find = (
  environment: Record<string, string> = {},
  downloads = BLOCKED,
  names: readonly BinaryName[] = BINARY_NAMES,
) => findBinaries({ names, environment: { HOME: home, PATH: '', ...environment }, downloads, log })

describe('where the programs come from', () => {
  test('KUBEBUILDER_ASSETS comes first, and the cache gives what it lacks', async () => {
    const assets = join(home, 'assets')
    await program(join(assets, 'etcd'))
    await program(join(assets, 'kube-apiserver'))
    for (const name of BINARY_NAMES) await program(join(cache, name))
    const found = await find({ KUBEBUILDER_ASSETS: assets })
    expect(found.etcd).toBe(join(assets, 'etcd'))
    expect(found['kube-apiserver']).toBe(join(assets, 'kube-apiserver'))
    expect(found['kube-scheduler']).toBe(join(cache, 'kube-scheduler'))
  })

  test('the cache follows XDG_CACHE_HOME', async () => {
    expect(await cacheDirectory({ XDG_CACHE_HOME: '/x', HOME: home })).toMatch(
      /^\/x\/patchswarm\/control-plane\/\w{16}$/,
    )
  })

  test('a file that cannot be executed does not count', async () => {
    for (const name of BINARY_NAMES) await program(join(cache, name))
    await chmod(join(cache, 'etcd'), 0o644)
    await expect(find()).rejects.toThrow('No way to get etcd')
  })

  test('what was asked for is enough', async () => {
    for (const name of ['etcd', 'kube-apiserver', 'kubectl']) await program(join(cache, name))
    expect(Object.keys(await find({}, BLOCKED, ['etcd']))).toEqual(['etcd', 'kube-apiserver', 'kubectl'])
    await expect(find()).rejects.toThrow('No way to get kube-controller-manager, kube-scheduler')
  })

  test('go builds what nothing else gives, and only that', async () => {
    for (const name of BINARY_NAMES.slice(1)) await program(join(cache, name))
    const bin = join(home, 'bin')
    const calls = join(home, 'calls')
    // A go that writes what it is asked for: -o PATH PACKAGE are its last three arguments.
    await program(
      join(bin, 'go'),
      `#!/bin/sh\necho "$*" >>${calls}\n[ "$1" = version ] && exit\nwhile [ $# -gt 2 ]; do shift; done\necho built >$1; chmod +x $1\n`,
    )
    const found = await find({ PATH: `${bin}:/usr/bin:/bin` })
    expect(await readFile(found.etcd, 'utf8')).toBe('built\n')
    const [, build, ...rest] = (await readFile(calls, 'utf8')).trim().split('\n')
    expect(build).toContain('go.etcd.io/etcd/server/v3')
    expect(rest).toEqual([])
  })

  test('one error names all four ways and what stands in each', async () => {
    const error: Error = await find({ KUBEBUILDER_ASSETS: '/nowhere' }).then(
      () => expect.fail('found'),
      (reason) => reason,
    )
    expect(error.name).toBe('BinariesError')
    expect(error.message).toContain('1. set KUBEBUILDER_ASSETS')
    expect(error.message).toContain('/nowhere lacks etcd')
    expect(error.message).toContain(`${cache} lacks etcd`)
    expect(error.message).toContain('3. let this machine reach')
    expect(error.message).toContain('ECONNREFUSED')
    expect(error.message).toContain('go is not in PATH')
  })
})

test('the stamp makes the programs say which version they are', () => {
  expect(linkerFlags('v1.36.3')).toContain('-X k8s.io/component-base/version.gitVersion=v1.36.3')
  expect(linkerFlags('v1.36.3')).toContain('version.gitMinor=36')
})

describe('downloads', () => {
  let server: Server
  let files: Map<string, Buffer>
  let downloads: typeof BLOCKED

  beforeEach(async () => {
    files = new Map()
    server = createServer((request, response) => {
      const body = files.get(request.url ?? '')
      response.writeHead(body ? 200 : 404).end(body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    downloads = { indexUrl: `${root}/envtest-releases.yaml`, releasesUrl: `${root}/release` }
    await publish(root)
  })
  afterEach(() => {
    server.close()
    server.closeAllConnections()
  })

  /** The layout of the real servers: an index, an archive with its SHA-512, programs with a .sha256 beside each. */
  async function publish(root: string): Promise<void> {
    const arch = process.arch === 'x64' ? 'amd64' : process.arch
    const content = join(home, 'controller-tools', 'envtest')
    for (const name of ['etcd', 'kube-apiserver', 'kubectl'])
      await program(join(content, name), `envtest ${name}`)
    const archive = execFileSync('tar', ['-C', home, '-cz', 'controller-tools'])
    const name = `envtest-v1.36.2-linux-${arch}.tar.gz`
    files.set(`/${name}`, archive)
    const hash = createHash('sha512').update(archive).digest('hex')
    files.set(
      '/envtest-releases.yaml',
      Buffer.from(
        `releases:\n  v1.36.2:\n    ${name}:\n      hash: ${hash}\n      selfLink: ${root}/${name}\n`,
      ),
    )
    for (const component of ['kube-controller-manager', 'kube-scheduler']) {
      const path = `/release/v1.36.3/bin/linux/${arch}/${component}`
      const bytes = Buffer.from(`release ${component}`)
      files.set(path, bytes)
      files.set(`${path}.sha256`, Buffer.from(createHash('sha256').update(bytes).digest('hex')))
    }
  }

  test('bring every program into the cache, ready to run and checked', async () => {
    const found = await find({}, downloads)
    expect(await readFile(found.etcd, 'utf8')).toBe('envtest etcd')
    expect(await readFile(found['kube-scheduler'] as string, 'utf8')).toBe('release kube-scheduler')
    expect(found.kubectl).toBe(join(cache, 'kubectl'))
    // The second time nothing is asked for.
    files.clear()
    expect(await find({}, downloads)).toEqual(found)
  })

  test('refuse a program whose digest is another', async () => {
    for (const [path, body] of files)
      if (path.endsWith('scheduler')) files.set(path, Buffer.concat([body, body]))
    await expect(find({}, downloads)).rejects.toThrow(/kube-scheduler has SHA-256 \w+, but .*\.sha256 says/)
    await expect(readFile(join(cache, 'kube-scheduler'))).rejects.toThrow('ENOENT')
  })

  test('leave what arrived before one failed', async () => {
    for (const path of files.keys()) if (path.includes('scheduler')) files.delete(path)
    await expect(find({}, downloads)).rejects.toThrow('No way to get kube-scheduler')
    expect(await readFile(join(cache, 'kube-controller-manager'), 'utf8')).toBe(
      'release kube-controller-manager',
    )
  })
})
