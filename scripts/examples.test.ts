// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CustomResourceDefinition, createValidator, formatProblem } from '@patchswarm/api'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

interface Example {
  kind: string
  metadata: { name: string; namespace?: string }
  spec: { profile?: string; artifacts?: { name: string }[]; delivery?: { directory?: string } }
}

const root = join(import.meta.dirname, '..')
const crds = readdirSync(join(root, 'crds')).map(
  (file): CustomResourceDefinition => parse(readFileSync(join(root, 'crds', file), 'utf8')),
)
const validate = createValidator(crds)

const files = readdirSync(join(root, 'examples')).sort()
const examples: [string, Example][] = files.flatMap((file) =>
  parseAllDocuments(readFileSync(join(root, 'examples', file), 'utf8')).map((document): [string, Example] => [
    file,
    document.toJS(),
  ]),
)

describe('the examples', () => {
  test('are numbered one after the other', () => {
    expect(files.map((file) => Number.parseInt(file, 10))).toEqual(files.map((_, index) => index + 1))
  })

  test.for(examples.map(([file, document]) => ({ name: `${file} ${document.kind}`, document })))(
    '$name fits its CRD',
    ({ document }) => {
      expect(validate(document).map(formatProblem)).toEqual([])
    },
  )

  test('name only profiles and artifacts that an example brings', () => {
    const names = (kind: string) =>
      examples.filter(([, { kind: k }]) => k === kind).map(([, e]) => e.metadata.name)
    const profiles = examples.flatMap(([, { spec }]) => spec.profile ?? [])
    const artifacts = examples.flatMap(([, { spec }]) => spec.artifacts?.map(({ name }) => name) ?? [])
    expect(names('P2PProfile')).toEqual(expect.arrayContaining(profiles))
    expect(names('PatchArtifact')).toEqual(expect.arrayContaining(artifacts))
  })

  test("stay in the operator's namespace, which every profile admits", () => {
    const namespaces = new Set(examples.map(([, { metadata }]) => metadata.namespace ?? 'cluster'))
    expect([...namespaces].sort()).toEqual(['cluster', 'patchswarm-system'])
  })
})

describe('what the documents show', () => {
  const pages = ['README.md', ...readdirSync(join(root, 'docs/spec')).map((name) => join('docs/spec', name))]
  const shown = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/```yaml\n([^`]*)```/g)].map(([, text = '']) => ({
      page,
      object: parse(text) as Example,
    })),
  )

  test('there is something of every kind that users write', () => {
    const kinds = new Set(shown.map(({ object }) => object.kind))
    expect([...kinds].sort()).toEqual(['DistributionJob', 'P2PProfile', 'PatchArtifact'])
  })

  test.for(shown.map((one) => ({ ...one, kind: one.object.kind })))(
    '$kind in $page fits its CRD',
    ({ object }) => {
      expect(validate(object).map(formatProblem)).toEqual([])
    },
  )
})
