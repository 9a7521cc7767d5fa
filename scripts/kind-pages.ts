// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFile, writeFile } from 'node:fs/promises'
import {
  type ConditionType,
  conditionTypes,
  kstatusesOf,
  nodeSkipReasons,
  type Vocabulary,
  vocabulary,
} from '../api/src/conditions.ts'
import type { CustomResourceDefinition } from '../api/src/crd.ts'
import { boundary, type KindPage, kindReference, rowsOf } from './kind-page.ts'

const furtherReasons: Readonly<Record<string, KindPage['reasons']>> = {
  DistributionJob: [
    { title: 'Reasons of skipped nodes', heads: ['reason', 'when'], rows: rowsOf(nodeSkipReasons) },
  ],
}

const isKind = (kind: string): kind is keyof typeof vocabulary => Object.hasOwn(vocabulary, kind)

const meanings = (types: readonly ConditionType[]): Record<string, string> =>
  Object.fromEntries(types.map((type) => [type, conditionTypes[type].meaning]))

const reasonsOf = (words: Vocabulary): KindPage['reasons'][number] => ({
  title: 'Reasons',
  heads: ['reason', 'kstatus', 'when'],
  rows: rowsOf(words.reasons).map(([cell = '', when = '']) => [
    cell,
    kstatusesOf(words, cell.replaceAll('`', '')).join(' or '),
    when,
  ]),
})

/** Writes the reference part of the kind's page anew; what stands above its boundary is kept. */
export async function writeKindPage(crd: CustomResourceDefinition, directory: string): Promise<void> {
  const { kind } = crd.spec.names
  const page = `${directory}/${kind.toLowerCase()}.md`
  if (!isKind(kind)) throw new Error(`${kind} has no words for its page`)
  const words = {
    conditions: meanings(vocabulary[kind].types),
    reasons: [reasonsOf(vocabulary[kind]), ...(furtherReasons[kind] ?? [])],
  }
  const [written = ''] = (await readFile(page, 'utf8')).split(boundary)
  await writeFile(page, written + kindReference({ crd, ...words }))
}
