// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { bundle } from '../../scripts/build.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the program, made of the sources as they are. */
    agent: string
    operator: string
  }
}

/** What the tests of each project start. */
const needed: Readonly<Record<string, readonly ('agent' | 'operator')[]>> = {
  swarm: ['agent'],
  api: ['operator'],
  lab: ['operator', 'agent'],
}

/** Builds programs as images hold them: started from source each would take four times the CPU time, a hundred times over. */
export default async function build(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'patchswarm-built-'))
  for (const program of needed[project.name] ?? [])
    project.provide(program, (await bundle(program, directory)).file)
  return () => rm(directory, { recursive: true, force: true })
}
