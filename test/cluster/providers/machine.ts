// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  BINARY_NAMES,
  findBinaries,
  modulePrograms,
  NODE_BINARY_NAMES,
} from '../../../lab/src/control-plane/index.ts'
import { findHelm } from '../../../lab/src/helm/index.ts'
import { run } from '../../../lab/src/process/index.ts'
import { buildLog } from '../support/build-log.ts'
import { exists } from '../support/exists.ts'
import { buildVersions } from '../support/images.ts'
import { bringPackages } from './debian-packages.ts'
import type { Provider, TestCluster } from './provider.ts'

const SCRIPTS = join(import.meta.dirname, '..', 'machine')
const NODES = 3

/** A cluster of real kubelets on this machine, in namespaces of its own: see ../machine. */
export const machine: Provider = {
  name: 'a cluster on this machine',
  async obstacle() {
    if (process.platform !== 'linux') return 'a cluster on this machine needs Linux'
    if (process.getuid?.() !== 0) return 'a cluster on this machine needs root'
    const namespaces = await run('unshare', ['--pid', '--fork', '--mount', '--net', 'true']).catch(String)
    if (namespaces) return `this machine lets nobody make namespaces: ${namespaces.trim()}`
    return await bringPackages()
  },
  start: () => startMachine(),
}

export interface Machine extends TestCluster {
  /** Runs a program at this terminal, as the cluster's admin in its network, with kubectl and helm in its PATH. */
  enter(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number | null>
}

export async function startMachine(): Promise<Machine> {
  const work = await mkdtemp(join(tmpdir(), 'patchswarm-e2e-'))
  const holder = await hold(work).catch(async (error) => {
    await rm(work, { recursive: true, force: true })
    throw error
  })
  const stop = async () => {
    holder.stdin?.end()
    if (holder.exitCode === null) await once(holder, 'exit')
    if (await exists(work)) throw new Error(`${work} is still there`)
  }
  try {
    const { versions, archives } = await buildVersions(work)
    for (const archive of archives) await run(join(SCRIPTS, 'load.sh'), [work, archive])
    return { ...handlesOf(work), versions, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Starts the cluster, which lasts until its standard input is closed, by us or by our end. */
async function hold(work: string): Promise<ChildProcess> {
  await linkPrograms(join(work, 'bin'))
  const holder = spawn(join(SCRIPTS, 'hold.sh'), [work, String(NODES)], {
    // A group of its own: Ctrl-C is not for it.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: holder.stdout })) {
    if (line === 'ready') return holder
    console.log(line)
  }
  throw new Error('the cluster did not start')
}

async function linkPrograms(bin: string): Promise<void> {
  const programs = {
    ...(await findBinaries({ names: [...BINARY_NAMES, ...NODE_BINARY_NAMES], log: buildLog })),
    ...(await modulePrograms({
      module: join(import.meta.dirname, '..', 'programs'),
      programs: { dns: './dns', pause: './pause' },
      log: buildLog,
    })),
    helm: await findHelm(buildLog),
  }
  await mkdir(bin)
  for (const [name, path] of Object.entries(programs)) await symlink(path, join(bin, name))
}

function handlesOf(work: string): Omit<Machine, 'versions' | 'stop'> {
  let nodes = NODES
  const inCluster = (program: string, args: readonly string[], input?: string) =>
    run(join(SCRIPTS, 'in.sh'), [work, program, ...args], input === undefined ? {} : { input })
  return {
    kubectl: (args, input) => inCluster('kubectl', args, input),
    helm: (args) => inCluster('helm', args),
    shell: (script) => inCluster('bash', ['-euo', 'pipefail', '-c', script]),
    async addNode() {
      const name = `n${++nodes}`
      await writeFile(join(work, 'wanted', name), '')
      await run(join(SCRIPTS, 'await-node.sh'), [work, name])
      return name
    },
    powerOff: (node) => rm(join(work, 'wanted', node)),
    auditLog: () => readFile(join(work, 'log', 'audit.log'), 'utf8'),
    async enter(program, args, env) {
      const entered = spawn(join(SCRIPTS, 'in.sh'), [work, program, ...args], { stdio: 'inherit', env })
      const [code] = await once(entered, 'exit')
      return code
    },
  }
}
