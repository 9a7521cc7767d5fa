// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CrdSchema,
  distributionJobs,
  nodeDistributions,
  p2pProfiles,
  patchArtifacts,
} from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { crdTypes, kebabCase } from './crd-types.ts'

interface Schema extends CrdSchema {
  properties?: Record<string, Schema>
  additionalProperties?: Schema
  items?: Schema
  format?: string
  maxLength?: number
  maxItems?: number
  maxProperties?: number
  'x-kubernetes-list-type'?: string
  'x-kubernetes-validations'?: { rule: string; message?: string }[]
}

const root = join(import.meta.dirname, '..')
const kinds = readdirSync(join(root, 'crds')).map((file) => ({
  file,
  crd: parse(readFileSync(join(root, 'crds', file), 'utf8')),
}))

/** Every field below spec and status by its path. */
function fields(path: string, schema: Schema): [string, Schema][] {
  const below = [
    ...Object.entries(schema.properties ?? {}).map(([name, field]) => [`${path}.${name}`, field] as const),
    ...(schema.items ? [[`${path}[]`, schema.items] as const] : []),
    ...(schema.additionalProperties ? [[`${path}{}`, schema.additionalProperties] as const] : []),
  ]
  return [[path, schema], ...below.flatMap(([name, field]) => fields(name, field))]
}

describe.for(kinds)('$file', ({ file, crd }) => {
  const [version] = crd.spec.versions
  const schema: Schema = version.schema.openAPIV3Schema
  const all = ['spec', 'status'].flatMap((part) => fields(part, schema.properties![part]!))
  const lacking = (lacks: (field: Schema, path: string) => boolean) =>
    all.filter(([path, field]) => lacks(field, path)).map(([path]) => path)

  test('describes every field, for kubectl explain', () => {
    const isScalar = ({ properties, items }: Schema) => !properties && !items
    // Items of a list and values of a map that are plain strings are described by the list or the map.
    expect(
      lacking((field, path) => !field.description && !(/(\[\]|\{\})$/.test(path) && isScalar(field))),
    ).toEqual([])
    expect(schema.description).toContain(crd.spec.names.kind)
  })

  test('bounds every string, list and map, which bounds the cost of the rules and the size of an object', () => {
    expect(
      lacking((f) => f.type === 'string' && !f.maxLength && !f.enum && f.format !== 'date-time'),
    ).toEqual([])
    expect(lacking((f) => f.type === 'array' && !(f.maxItems && f['x-kubernetes-list-type']))).toEqual([])
    expect(lacking((f) => !!f.additionalProperties && !f.maxProperties)).toEqual([])
  })

  test('gives every rule a message and none of them a phase', () => {
    const rules = [schema, ...all.map(([, field]) => field)].flatMap(
      (f) => f['x-kubernetes-validations'] ?? [],
    )
    expect(rules.filter(({ message }) => !message)).toEqual([])
    expect(all.map(([path]) => path)).not.toContain('status.phase')
  })

  test('starts with observedGeneration -1, so that kstatus waits for the operator', () => {
    expect(version.subresources).toEqual({ status: {} })
    expect(schema.properties!.status!.default).toEqual({ observedGeneration: -1 })
  })

  test('has the generated types beside it', async () => {
    const { fileName, source } = await crdTypes(crd, `crds/${file}`)
    expect(readFileSync(join(root, 'api/src', fileName), 'utf8')).toBe(source)
  })
})

test('`kubectl get nodedistributions` shows the columns that people watch', () => {
  const { crd } = kinds.find(({ crd: { spec } }) => spec.names.kind === 'NodeDistribution')!
  const columns: { name: string; priority?: number }[] = crd.spec.versions[0].additionalPrinterColumns
  expect(columns.filter(({ priority }) => !priority).map(({ name }) => name.toUpperCase())).toEqual([
    'NODE',
    'PROGRESS',
    'RATE',
    'FROM-PEERS',
    'REASON',
    'AGE',
  ])
})

test('the resources of the API are the kinds of the CRDs', () => {
  const resources = [distributionJobs, nodeDistributions, p2pProfiles, patchArtifacts]
  expect(
    kinds.map(({ crd: { spec } }) => ({
      apiVersion: `${spec.group}/${spec.versions[0].name}`,
      kind: spec.names.kind,
      plural: spec.names.plural,
      namespaced: spec.scope === 'Namespaced',
    })),
  ).toEqual(expect.arrayContaining(resources))
  expect(kinds).toHaveLength(resources.length)
})

test.for([
  ['P2PProfile', 'p2p-profile'],
  ['PatchArtifact', 'patch-artifact'],
  ['NodeDistribution', 'node-distribution'],
])('the types of %s stand in %s', ([kind, file]) => {
  expect(kebabCase(kind!)).toBe(file)
})
