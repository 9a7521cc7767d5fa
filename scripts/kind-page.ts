// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { CrdSchema, CustomResourceDefinition } from '../api/src/crd.ts'

/** What stands above is written by hand, what follows by `npm run generate`. */
export const boundary =
  '<!-- From here on written by `npm run generate`: change the CRD or api/src/conditions.ts. -->'

interface Reasons {
  readonly title: string
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface KindPage {
  readonly crd: CustomResourceDefinition
  readonly conditions: Readonly<Record<string, string>>
  readonly reasons: readonly Reasons[]
}

/** The reference part of a kind's page: every field of spec and status, every condition and reason. */
export function kindReference({ crd, conditions, reasons }: KindPage): string {
  const { spec, status } = crd.spec.versions[0]?.schema.openAPIV3Schema.properties ?? {}
  return [
    boundary,
    '## Spec',
    fieldTable(spec),
    '## Status',
    fieldTable(status),
    '## Conditions',
    table(['type', 'says'], rowsOf(conditions)),
    ...reasons.flatMap(({ title, heads, rows }) => [`## ${title}`, table(heads, rows)]),
    '',
  ].join('\n\n')
}

export const rowsOf = (words: Readonly<Record<string, string>>): string[][] =>
  Object.entries(words).map(([name, meaning]) => [code(name), meaning])

function fieldTable(schema: CrdSchema | undefined): string {
  return table(['field', 'type', 'default', 'says'], schema ? fieldsOf(schema, '') : [])
}

/** One row for each field, parents before their children: `rollout.waves[].name`. */
function fieldsOf(schema: CrdSchema, prefix: string): string[][] {
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const given =
      field.default === undefined ? (required.has(name) ? 'required' : '') : defaultOf(field.default)
    return [[code(path), typeOf(field), given, prose(field)], ...childrenOf(field, path)]
  })
}

function childrenOf(field: CrdSchema, path: string): string[][] {
  // Well known to every user of Kubernetes, and no part of ours.
  if (path.endsWith('elector') || path.endsWith('esources') || path.endsWith('conditions')) return []
  if (field.items) return fieldsOf(field.items, `${path}[].`)
  return fieldsOf(field, `${path}.`)
}

function typeOf(field: CrdSchema): string {
  if (field.enum) return field.enum.map((one) => code(String(one))).join(', ')
  if (field['x-kubernetes-int-or-string']) return 'number or percentage'
  if (field.type === 'array') return `list of ${field.items?.type ?? 'values'}s`
  return field.format === 'date-time' ? 'time' : (field.type ?? '')
}

/** An empty default says nothing that its absence would not. */
const defaultOf = (value: unknown): string =>
  isEmpty(value) ? '' : code(JSON.stringify(value).replace(/^"|"$/g, ''))

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

function prose({ description = '' }: CrdSchema): string {
  return description.replace(/\s+/g, ' ').trim()
}

const code = (text: string): string => `\`${text}\``

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => '---'), ...rows]
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
}
