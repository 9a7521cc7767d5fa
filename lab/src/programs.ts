// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Image } from './kubelet/index.ts'
import { inRepository } from './repository.ts'

/** What the lab's operator is told to put into Pod templates. */
export const AGENT_IMAGE = 'patchswarm.local/agent:lab'

/** Our own programs, as images would hold them. */
export type Programs = Readonly<Record<'operator' | 'agent', Image>>

/**
 * Straight from their source.
 * @param compileCache a folder where Node keeps compiled code: programs that start for the second time start faster
 */
export function programsFromSource(compileCache: string): Programs {
  const image = (workspace: string): Image => ({
    entrypoint: [process.execPath, '--conditions=source', inRepository(workspace, 'src', 'main.ts')],
    env: { NODE_COMPILE_CACHE: compileCache },
  })
  return { operator: image('operator'), agent: image('agent') }
}
