// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execute, failure, type Outcome, PASSED, ROOT } from './tool.ts'

export type { Outcome } from './tool.ts'

const GENERATED = [
  '*/src/**/*.gen.ts',
  'swarm/src/proto/*_pb.ts',
  'docs/spec/*.md',
  'charts/patchswarm/{README.md,values.schema.json,files/crds/*.yaml}',
  'deploy/*.yaml',
]

/** Whether generating again changes nothing: else somebody has edited a source, or a generated file, alone. */
export async function runGenerated(): Promise<Outcome> {
  const before = await digests()
  if ((await execute('node', ['scripts/generate.ts'])) !== 0)
    return failure('generated files: the generator failed')
  const after = await digests()
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  )
  for (const path of changed)
    console.error(`${path} was not up to date: commit what make generate has now written`)
  return changed.length === 0 ? PASSED : failure(`generated files: out of date: ${changed.join(', ')}`)
}

async function digests(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const pattern of GENERATED) {
    for await (const path of glob(pattern, { cwd: ROOT, exclude: ['node_modules', '*/dist'] })) {
      found.set(
        path,
        createHash('sha256')
          .update(await readFile(join(ROOT, path)))
          .digest('hex'),
      )
    }
  }
  return found
}
