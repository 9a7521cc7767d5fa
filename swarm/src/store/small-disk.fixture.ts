// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'vitest'

/** A file system of its own that ends with this object; reached through the mount namespace of a helper process. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string
}

/**
 * Mounts a tmpfs where only the helper process (and whoever goes through its /proc entry) sees it, so that nothing is
 * left behind whatever happens to the test. Skips the test, saying why, where the machine does not allow it.
 */
export async function smallDisk(
  folder: string,
  options: string,
  skip: TestContext['skip'],
): Promise<SmallDisk> {
  const disk = await mountSmallDisk(folder, options)
  if (typeof disk !== 'string') return disk
  console.log(`skipped: ${disk}`)
  return skip(disk)
}

async function mountSmallDisk(folder: string, options: string): Promise<SmallDisk | string> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'mounting a small disk needs root on Linux'
  const script = 'mount -t tmpfs -o "$1" none "$0" && echo ready && read -r end'
  const helper = spawn('unshare', ['--mount', 'sh', '-c', script, folder, options], { stdio: 'pipe' })
  const said = await Promise.race([
    once(helper.stdout, 'data').then(() => 'ready'),
    text(helper.stderr),
    once(helper, 'error').then(([error]) => String(error)),
  ])
  if (said !== 'ready') return `mounting a small disk does not work here: ${said}`
  return { path: `/proc/${helper.pid}/root${folder}`, [Symbol.asyncDispose]: () => end(helper) }
}

async function end(helper: ChildProcess): Promise<void> {
  const exit = once(helper, 'exit')
  helper.stdin?.end()
  await exit
}
