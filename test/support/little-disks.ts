// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Network } from '../../lab/src/network/index.ts'

/** A file system of its own below a node's root. */
export interface Disk {
  /** As the node names it. */
  path: string
  /** For `mount -o`, e.g. "size=1m" or "ro". */
  options: string
}

/** Why little disks cannot be had here; undefined when they can. */
export function whyNoLittleDisks(): string | undefined {
  const mounting = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], {
    encoding: 'utf8',
  })
  if (mounting.status === 0) return undefined
  return `mounting needs root: ${mounting.stderr?.trim() || mounting.error?.message || 'unshare failed'}`
}

/**
 * Gives every process of one node a mount namespace of its own with these disks: nothing is mounted on the machine, and
 * all is gone with the process. What is on them only the process sees.
 */
export function withLittleDisks(
  network: Network,
  node: string,
  directory: string,
  disks: readonly Disk[],
): Network {
  const mounts = disks.map(({ path, options }) => {
    const target = join(directory, 'nodes', node, 'root', path)
    return `mkdir -p '${target}' && mount -t tmpfs -o ${options} tmpfs '${target}'`
  })
  const script = `${mounts.join(' && ')} && exec "$@"`
  return {
    ...network,
    async node(name) {
      const endpoint = await network.node(name)
      if (name !== node) return endpoint
      return { ...endpoint, enter: [...endpoint.enter, 'unshare', '--mount', 'sh', '-c', script, 'sh'] }
    },
  }
}
