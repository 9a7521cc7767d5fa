// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Pod } from '@patchswarm/kube'
import { describe, expect, test } from 'vitest'
import { ContainerConfigError, expand, resolveEnvironment } from './environment.ts'

const pod: Pod = {
  metadata: { name: 'agent-1', namespace: 'ns', uid: 'u1', labels: { app: 'agent' } },
  spec: { nodeName: 'n1', serviceAccountName: 'sa', containers: [] },
}
const addresses = { hostIP: '127.0.0.9', podIP: '127.0.0.200' }

describe('resolveEnvironment', () => {
  test.for([
    ['metadata.name', 'agent-1'],
    ['metadata.namespace', 'ns'],
    ['metadata.uid', 'u1'],
    ['spec.nodeName', 'n1'],
    ['spec.serviceAccountName', 'sa'],
    ['status.hostIP', '127.0.0.9'],
    ['status.podIP', '127.0.0.200'],
    ["metadata.labels['app']", 'agent'],
    ["metadata.annotations['none']", ''],
  ] as const)('fills in %s', ([fieldPath, value]) => {
    expect(
      resolveEnvironment([{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }], pod, addresses),
    ).toEqual({
      X: value,
    })
  })

  test('replaces variables that stand before, and leaves those that stand behind', () => {
    const env = resolveEnvironment(
      [
        { name: 'A', value: '$(B)' },
        { name: 'B', value: 'b' },
        { name: 'C', value: '$(B)/$(B)' },
      ],
      pod,
      addresses,
    )
    expect(env).toEqual({ A: '$(B)', B: 'b', C: 'b/b' })
  })

  test.for([
    ['an unknown field', { fieldRef: { fieldPath: 'spec.magic' } }, 'spec.magic'],
    ['a Secret', { secretKeyRef: { name: 's', key: 'k' } }, 'variable X'],
  ] as const)('refuses %s by name', ([, valueFrom, message]) => {
    const variables = [{ name: 'X', valueFrom }]
    expect(() => resolveEnvironment(variables, pod, addresses)).toThrow(ContainerConfigError)
    expect(() => resolveEnvironment(variables, pod, addresses)).toThrow(message)
  })
})

test.for([
  ['$(A)', '1'],
  ['$$(A)', '$(A)'],
  ['$(MISSING)', '$(MISSING)'],
  ['a$b', 'a$b'],
  ['$(A)$(A)', '11'],
] as const)('expand(%s) is %s', ([text, expected]) => {
  expect(expand(text, { A: '1' })).toBe(expected)
})
