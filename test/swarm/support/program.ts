// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'

export interface ProgramInit {
  name: string
  role: 'agent' | 'seeder'
  /** Of its own on the loopback: the ports are the same for all. */
  address: string
  folder: string
  trackerPort: number
  trackerPeerId: string
  env?: Record<string, string>
  /** Mounts a tmpfs for the cache that only this program sees, and that ends with it. */
  mountOptions?: string
}

/** The real agent program as a Pod would run it; it can be killed and started again. */
export class Program {
  readonly name: string
  readonly role: 'agent' | 'seeder'
  readonly address: string
  /** What the "host" sees as /srv/files. */
  readonly root: string
  readonly logFile: string
  readonly #init: ProgramInit
  #child: ChildProcess | undefined

  constructor(init: ProgramInit) {
    this.#init = init
    this.name = init.name
    this.role = init.role
    this.address = init.address
    this.root = join(init.folder, init.name, 'root')
    this.logFile = join(init.folder, `${init.name}.log`)
  }

  async start(): Promise<void> {
    const { folder, name, role, address } = this.#init
    const token = join(folder, name, 'token')
    await mkdir(this.root, { recursive: true })
    const tokenFile = await open(token, 'w')
    await tokenFile.writeFile(name)
    await tokenFile.close()
    const log = await open(this.logFile, 'a')
    const [command = '', ...args] = this.#command()
    this.#child = spawn(command, args, {
      stdio: ['ignore', log.fd, log.fd],
      env: {
        PATCHSWARM_ROLE: role,
        PATCHSWARM_PROFILE: 'test',
        PATCHSWARM_TRACKER: `127.0.0.1:${this.#init.trackerPort}`,
        PATCHSWARM_TRACKER_PEER_ID: this.#init.trackerPeerId,
        PATCHSWARM_TOKEN_FILE: token,
        PATCHSWARM_CACHE_DIR: join(folder, name, 'cache'),
        PATCHSWARM_LISTEN_ADDRESS: address,
        PATCHSWARM_PORT: '4001',
        PATCHSWARM_ADMIN_ADDRESS: address,
        PATCHSWARM_ADMIN_PORT: '5001',
        PATCHSWARM_ALLOWED_CIDRS: '127.0.0.0/8',
        PATCHSWARM_MDNS: 'false',
        PATCHSWARM_ROOTS: role === 'agent' ? `/srv/files=${this.root}` : '',
        PATCHSWARM_LOG_LEVEL: 'info',
        ...this.#init.env,
      },
    })
    await log.close()
  }

  #command(): string[] {
    const { folder, name, mountOptions } = this.#init
    const program = [process.execPath, inject('agent')]
    if (mountOptions === undefined) return program
    const mount = 'mkdir -p "$0" && mount -t tmpfs -o "$1" tmpfs "$0" && shift && exec "$@"'
    return ['unshare', '--mount', 'sh', '-c', mount, join(folder, name, 'cache'), mountOptions, ...program]
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** @returns the exit code, null when a signal ended it */
  async kill(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    if (child === undefined || !this.running) return child?.exitCode ?? null
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    return child.exitCode
  }

  /** Text at a path of the admin port. */
  async admin(path: string): Promise<{ status: number; body: string }> {
    const response = await fetch(`http://${this.address}:5001${path}`, { signal: AbortSignal.timeout(2_000) })
    return { status: response.status, body: await response.text() }
  }
}
