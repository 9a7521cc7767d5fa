// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { delimiter, join } from 'node:path'
import { run } from '../../../lab/src/process/index.ts'
import { exists } from '../support/exists.ts'

/** What a node runs that is the machine's own: one file of each package of Debian. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  containerd: ['containerd', 'ctr', 'containerd-shim-runc-v2'],
  runc: ['runc'],
  nftables: ['nft'],
  iproute2: ['ip'],
  openssl: ['openssl'],
  'containernetworking-plugins': ['ptp', 'host-local'],
}
const PLUGIN_FOLDERS = ['/usr/lib/cni', '/opt/cni/bin']

/** Brings the packages that are missing; says why where it cannot. */
export async function bringPackages(): Promise<string | undefined> {
  const missing = await missingPackages()
  if (missing.length === 0) return undefined
  const list = missing.join(' ')
  if (!(await inPath('apt-get'))) return `${list} must be installed, and this machine has no apt-get`
  console.log(`installing ${list} with apt-get (once) …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { env })
  try {
    await install().catch(async () => {
      await run('apt-get', ['update'], { env })
      await install()
    })
  } catch (error) {
    return `${list} cannot be installed: ${(error as Error).message.trim().split('\n').at(-1)}`
  }
  return undefined
}

async function missingPackages(): Promise<string[]> {
  const missing: string[] = []
  for (const [name, programs] of Object.entries(NEEDED)) {
    const found = await Promise.all(programs.map(inPath))
    if (found.includes(false)) missing.push(name)
  }
  return missing
}

async function inPath(program: string): Promise<boolean> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', ...PLUGIN_FOLDERS]
  for (const folder of folders) {
    if (await exists(join(folder, program))) return true
  }
  return false
}
