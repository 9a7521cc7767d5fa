// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { keyOf, splitKey } from './key.ts'

test.for([
  { name: 'cluster-scoped', parts: { name: 'n1' }, key: 'n1' },
  { name: 'namespaced', parts: { namespace: 'web', name: 'p' }, key: 'web/p' },
])('a $name key goes there and back', ({ parts, key }) => {
  expect(keyOf(parts.name, parts.namespace)).toBe(key)
  expect(splitKey(key)).toEqual(parts)
})
