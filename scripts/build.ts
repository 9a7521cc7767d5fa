// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

const programs = {
  agent: 'agent/src/main.ts',
  operator: 'operator/src/main.ts',
  hooks: 'operator/src/hooks/main.ts',
} as const
export type Program = keyof typeof programs

export interface Bundle {
  file: string
  /** Where everything in it came from: paths of source files. */
  modules: readonly string[]
}

/**
 * Makes one file of the program and all that it imports, which Node starts in a third of the CPU time and a fifth less
 * memory than a thousand modules whose types it must strip first.
 */
export async function bundle(program: Program, directory: string): Promise<Bundle> {
  const entryFileNames = `${program}.mjs`
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    // Imports of workspaces lead to their sources, as under `node --conditions=source`.
    ssr: { noExternal: true, resolve: { conditions: ['source', 'node', 'import', 'default'] } },
    build: {
      ssr: programs[program],
      outDir: directory,
      emptyOutDir: false,
      minify: false,
      target: 'node24',
      rolldownOptions: { output: { entryFileNames, codeSplitting: false, banner } },
    },
  })
  const { output } = built as Rolldown.RolldownOutput
  return { file: resolve(directory, entryFileNames), modules: output[0].moduleIds }
}

/** Some packages are CommonJS and ask for Node's modules in its way. */
const banner =
  "import { createRequire as createRequireOfNode } from 'node:module'; const require = createRequireOfNode(import.meta.url);"

if (import.meta.main) {
  for (const program of Object.keys(programs) as Program[]) {
    console.log((await bundle(program, resolve(root, 'dist'))).file)
  }
}
