// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { CustomResourceDefinition } from '../../api/src/crd.ts'
import { builtHelm } from '../../lab/src/helm/helm.ts'
import { closed } from './closed-schema.ts'
import { rendered } from './render.ts'
import { tableBegins, valueTable } from './value-table.ts'

/** Writes what is made for the chart and from it: its copy of the CRDs, its schema and README, and the manifests in deploy/. */
export async function writeChart(root: string): Promise<void> {
  const chart = join(root, 'charts/patchswarm')
  await copyCrds(join(root, 'crds'), join(chart, 'files/crds'))
  await writeSchema(join(chart, 'values.schema.json'), join(root, 'crds/patchswarm.dev_p2pprofiles.yaml'))
  await writeReadme(join(chart, 'README.md'), join(chart, 'values.yaml'))
  const helm = await builtHelm()
  if (helm === undefined) {
    console.log(
      'deploy/*.yaml are not rendered anew: `node --conditions=source lab/src/helm/main.ts` builds Helm',
    )
    return
  }
  for (const [name, text] of await rendered(helm, root)) await writeFile(join(root, 'deploy', name), text)
}

/** Helm reads nothing outside the chart's folder. */
async function copyCrds(from: string, to: string): Promise<void> {
  const names = await readdir(from)
  for (const name of await readdir(to)) if (!names.includes(name)) await rm(join(to, name))
  for (const name of names) await copyFile(join(from, name), join(to, name))
}

async function writeSchema(path: string, profileCrd: string): Promise<void> {
  const crd: CustomResourceDefinition = parse(await readFile(profileCrd, 'utf8'))
  const { spec } = crd.spec.versions[0]?.schema.openAPIV3Schema.properties ?? {}
  const schema = JSON.parse(await readFile(path, 'utf8'))
  schema.$defs.profileSpec = closed(spec ?? {})
  await writeFile(path, `${JSON.stringify(schema, null, 2)}\n`)
}

async function writeReadme(path: string, values: string): Promise<void> {
  const [byHand = ''] = (await readFile(path, 'utf8')).split(tableBegins)
  await writeFile(path, `${byHand}${tableBegins}\n\n${valueTable(await readFile(values, 'utf8'))}\n`)
}
