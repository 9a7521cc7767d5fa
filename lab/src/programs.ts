// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Image, Images } from './kubelet/index.ts'
import { inRepository } from './repository.ts'

/** What the lab's operator is told to put into Pod templates. */
export const AGENT_IMAGE = 'patchswarm.local/agent:lab'

/** The command of one of our programs, straight from its source. */
export function programFromSource(workspace: 'operator' | 'agent'): string[] {
  return [process.execPath, '--conditions=source', inRepository(workspace, 'src', 'main.ts')]
}

/** @param compileCache a folder where Node keeps compiled code: programs that start for the second time start faster */
export function labImages(compileCache: string): Images {
  const agent: Image = { entrypoint: programFromSource('agent'), env: { NODE_COMPILE_CACHE: compileCache } }
  return { [AGENT_IMAGE]: agent }
}
