// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isHandOverKey } from '@patchswarm/api'
import { expect, test } from 'vitest'
import { artifact, digest, job, node, readyArtifact, row } from '../testing/objects.ts'
import { announcementsOf } from './hand-over.ts'

const key = 'patchswarm-system.delivered.patchswarm.dev/kernel'
const annotated = (name: string, value: string) => {
  const one = node(name)
  return { ...one, metadata: { ...one.metadata, annotations: { [key]: value } } }
}
const announcing = job({ handOver: { nodeAnnotation: 'kernel' } })
const delivered = { state: 'Delivered' as const }

const announced = (over: Partial<Parameters<typeof announcementsOf>[0]> = {}) =>
  announcementsOf({
    job: announcing,
    artifacts: [readyArtifact()],
    nodes: [node('n1')],
    nodeDistributions: [row('n1', delivered)],
    replacers: new Map(),
    ...over,
  })

test('a node that has its files says which', () => {
  expect(announced()).toEqual([{ node: 'n1', key, value: digest }])
  expect(isHandOverKey(key)).toBe(true)
})

test('it says the digests of several in the order of the job', () => {
  const other = artifact({ digest: `sha256:${'cd'.repeat(32)}` })
  expect(announced({ artifacts: [other, readyArtifact()] })[0]?.value).toBe(`${other.spec.digest},${digest}`)
})

test('it says the digest that was found where the spec names none', () => {
  const { digest: _, ...spec } = readyArtifact().spec
  const found = { ...readyArtifact(), spec, status: { digest: `sha256:${'ef'.repeat(32)}` } }
  expect(announced({ artifacts: [found] })[0]?.value).toBe(found.status.digest)
})

test('it says so again when it says something else', () => {
  expect(announced({ nodes: [annotated('n1', 'sha256:old')] })).toHaveLength(1)
})

test.for<{ name: string; over: Parameters<typeof announced>[0] }>([
  { name: 'unless the job asks for it', over: { job: job() } },
  { name: 'when it says so already', over: { nodes: [annotated('n1', digest)] } },
  { name: 'before it has its files', over: { nodeDistributions: [row('n1', { state: 'Verifying' })] } },
  { name: 'when it is gone', over: { nodes: [] } },
  {
    name: 'as another machine of the same name',
    over: { nodes: [{ ...node('n1'), metadata: { ...node('n1').metadata, uid: 'another' } }] },
  },
  { name: 'once another job has taken over', over: { replacers: new Map([['n1', 'next']]) } },
  { name: 'without the artifact', over: { artifacts: [undefined] } },
])('nothing is said of a node $name', ({ over }) => {
  expect(announced(over)).toEqual([])
})
