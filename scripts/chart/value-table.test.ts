// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { UnexplainedValueError, valueTable } from './value-table.ts'

test('what is commented is one value, what is not is a group of them', () => {
  const text = `# A licence.

image:
  # Registry of both
  # images.
  registry: example.com
  pull:
    # Always | Never.
    policy: Always
# As Kubernetes has it.
resources:
  limits: { memory: 1Gi }
`
  expect(valueTable(text).split('\n').slice(2)).toEqual([
    '| `image.registry` | `"example.com"` | Registry of both images. |',
    '| `image.pull.policy` | `"Always"` | Always \\| Never. |',
    '| `resources` | `{"limits":{"memory":"1Gi"}}` | As Kubernetes has it. |',
  ])
})

test('a value that nobody has explained is an error that names it', () => {
  expect(() => valueTable('image:\n  tag: ""\n')).toThrow(UnexplainedValueError)
  expect(() => valueTable('image:\n  tag: ""\n')).toThrow(/image\.tag has no comment/)
})
