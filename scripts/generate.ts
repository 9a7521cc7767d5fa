// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Writes what is derived: crds/*.yaml → api/src/*.gen.ts, the tables of docs/spec and the chart; the chart → deploy/*.yaml;
// swarm/proto/*.proto → swarm/src/proto/*_pb.ts.
// The same input gives the same bytes, so that `git diff` after a run shows whether somebody forgot it.
import { spawnSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { parse } from 'yaml'
import type { CustomResourceDefinition } from '../api/src/crd.ts'
import { writeChart } from './chart/write.ts'
import { crdTypes } from './crd-types.ts'
import { writeKindPage } from './kind-pages.ts'

const root = join(import.meta.dirname, '..')

for (const file of (await readdir(join(root, 'crds'))).filter((name) => name.endsWith('.yaml')).sort()) {
  const crd: CustomResourceDefinition = parse(await readFile(join(root, 'crds', file), 'utf8'))
  const { fileName, source } = await crdTypes(crd, `crds/${file}`)
  await writeFile(join(root, 'api/src', fileName), source)
  await writeKindPage(crd, join(root, 'docs/spec'))
}

await writeChart(root)

const bin = join(root, 'node_modules/.bin')
const buf = spawnSync('buf', ['generate'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
})
if (buf.error) throw buf.error
process.exitCode = buf.status ?? 1
