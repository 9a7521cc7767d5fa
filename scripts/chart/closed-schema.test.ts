// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { closed } from './closed-schema.ts'

test('fields that a CRD does not name are refused at every depth, and nothing is required', () => {
  const schema = {
    type: 'object',
    required: ['port'],
    description: 'A part.',
    properties: {
      port: { type: 'integer', minimum: 1, default: 4001 },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      roots: { type: 'array', items: { type: 'object', properties: { path: { type: 'string' } } } },
      share: { 'x-kubernetes-int-or-string': true },
    },
  }
  expect(closed(schema)).toEqual({
    type: 'object',
    additionalProperties: false,
    properties: {
      port: { type: 'integer', minimum: 1 },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      roots: {
        type: 'array',
        items: { type: 'object', additionalProperties: false, properties: { path: { type: 'string' } } },
      },
      share: { type: ['integer', 'string'] },
    },
  })
})
