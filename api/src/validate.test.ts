// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { CustomResourceDefinition } from './crd.ts'
import { formatProblem } from './problem.ts'
import { createValidator } from './validate.ts'

const folder = join(import.meta.dirname, '../../crds')
const crds = readdirSync(folder).map(
  (file): CustomResourceDefinition => parse(readFileSync(join(folder, file), 'utf8')),
)
const validate = createValidator(crds)

const artifact = {
  apiVersion: 'patchswarm.dev/v1alpha1',
  kind: 'PatchArtifact',
  metadata: { name: 'patch-1', namespace: 'patchswarm-system' },
  spec: {
    profile: 'default',
    sources: [{ http: { url: 'https://example.com/patch-1.bin' } }],
    digest: `sha256:${'0'.repeat(64)}`,
  },
}
const job = {
  apiVersion: 'patchswarm.dev/v1alpha1',
  kind: 'DistributionJob',
  metadata: { name: 'patch-1', namespace: 'patchswarm-system' },
  spec: { artifacts: [{ name: 'patch-1' }], delivery: { directory: '/opt/patches' } },
}
const { profile: _, ...withoutProfile } = artifact.spec

describe('the validator', () => {
  test.for([
    { name: 'an artifact', document: artifact },
    {
      name: 'a number as int-or-string',
      document: { ...job, spec: { ...job.spec, rollout: { maxConcurrent: 3 } } },
    },
    {
      name: 'a percentage as int-or-string',
      document: { ...job, spec: { ...job.spec, rollout: { maxConcurrent: '3%' } } },
    },
    {
      name: 'a label map',
      document: { ...job, spec: { ...job.spec, target: { nodeSelector: { matchLabels: { a: 'b' } } } } },
    },
  ])('takes $name', ({ document }) => {
    expect(validate(document)).toEqual([])
  })

  test.for([
    {
      name: 'a missing field',
      document: { ...artifact, spec: withoutProfile },
      problem: 'spec.profile: is missing: write it',
    },
    {
      name: 'a slip in a field name',
      document: { ...artifact, spec: { ...artifact.spec, file: 'x' } },
      problem: 'spec.file: is no field of spec: write one of profile, sources, digest, ',
    },
    {
      name: 'a wrong type',
      document: { ...artifact, spec: { ...artifact.spec, size: '12' } },
      problem: 'spec.size: found "12": write a value of type integer',
    },
    {
      name: 'a value that is not in the list',
      document: { ...artifact, spec: { ...artifact.spec, chunking: { size: 7 } } },
      problem: 'spec.chunking.size: found 7: write one of 262144, 524288, 1048576, 2097152, 4194304',
    },
    {
      name: 'a field deep in a list',
      document: { ...artifact, spec: { ...artifact.spec, sources: [{ http: { uri: 'x', url: 'x' } }] } },
      problem: 'spec.sources[0].http.uri: is no field of spec.sources[0].http: write one of url',
    },
    {
      name: 'no namespace',
      document: { ...artifact, metadata: { name: 'x' } },
      problem: 'metadata.namespace: is missing: write it',
    },
    {
      name: 'another version',
      document: { ...artifact, apiVersion: 'patchswarm.dev/v1' },
      problem:
        'kind: found patchswarm.dev/v1/PatchArtifact: write one of patchswarm.dev/v1alpha1/DistributionJob',
    },
    { name: 'an empty document', document: null, problem: 'kind: found undefined/undefined: write one of' },
    {
      name: 'a number out of range',
      document: { ...artifact, spec: { ...artifact.spec, origin: { budgetFactor: 11 } } },
      problem: 'spec.origin.budgetFactor: found 11: it must be <= 10',
    },
  ])('refuses $name and says what to write', ({ document, problem }) => {
    const problems = validate(document).map(formatProblem)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
  })

  test('lists all problems of a document at once', () => {
    expect(validate({ ...artifact, spec: { size: '1' } })).toHaveLength(3)
  })
})
