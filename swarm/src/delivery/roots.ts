// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { stat } from 'node:fs/promises'
import { errorCode } from '../store/durable.ts'
import type { Roots } from './target.ts'

/** What is to be reported about an allowed root. */
export interface RootCheck {
  /** As the host names it. */
  readonly path: string
  readonly ready: boolean
  /** RootMissing, TargetNotWritable; '' when ready. */
  readonly reason: '' | 'RootMissing' | 'TargetNotWritable'
}

/** Looks whether this node has the allowed roots, without writing anything. */
export function checkRoots(roots: Roots): Promise<RootCheck[]> {
  return Promise.all([...roots].map(async ([path, mount]) => ({ path, ...(await checkRoot(mount)) })))
}

async function checkRoot(mount: string): Promise<Pick<RootCheck, 'ready' | 'reason'>> {
  try {
    const isDirectory = (await stat(mount)).isDirectory()
    return isDirectory ? { ready: true, reason: '' } : { ready: false, reason: 'RootMissing' }
  } catch (error) {
    const missing = errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR'
    return { ready: false, reason: missing ? 'RootMissing' : 'TargetNotWritable' }
  }
}
