// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { CrdSchema } from '../../api/src/crd.ts'

/** What means the same in JSON Schema; the API server checks the rest. */
const sameMeaning = [
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
] as const

/**
 * JSON Schema for what users may write into this part of a CRD. Where fields are named no others are allowed, which the
 * API server would silently drop; nothing is required, for it has defaults and sentences of its own.
 */
export function closed(schema: CrdSchema): Record<string, unknown> {
  const facts: Readonly<Record<string, unknown>> = { ...schema }
  const kept = sameMeaning.flatMap((key) => (facts[key] === undefined ? [] : [[key, facts[key]]]))
  const type = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type
  return { ...(type && { type }), ...Object.fromEntries(kept), ...members(schema) }
}

function members({ properties, items, additionalProperties }: CrdSchema): Record<string, unknown> {
  if (properties) {
    const fields = Object.entries(properties).map(([name, field]) => [name, closed(field)])
    return { additionalProperties: false, properties: Object.fromEntries(fields) }
  }
  if (items) return { items: closed(items) }
  return typeof additionalProperties === 'object'
    ? { additionalProperties: closed(additionalProperties) }
    : {}
}
