// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFile, writeFile } from 'node:fs/promises'
import { type ConditionType, conditionTypes, nodeSkipReasons, vocabulary } from '../api/src/conditions.ts'
import type { CustomResourceDefinition } from '../api/src/crd.ts'
import { boundary, type KindPage, kindReference } from './kind-page.ts'

const furtherReasons: Readonly<Record<string, KindPage['reasons']>> = {
  DistributionJob: [{ title: 'Reasons of skipped nodes', of: nodeSkipReasons }],
}

const isKind = (kind: string): kind is keyof typeof vocabulary => Object.hasOwn(vocabulary, kind)

const meanings = (types: readonly ConditionType[]): Record<string, string> =>
  Object.fromEntries(types.map((type) => [type, conditionTypes[type].meaning]))

/** Writes the reference part of the kind's page anew; what stands above its boundary is kept. */
export async function writeKindPage(crd: CustomResourceDefinition, directory: string): Promise<void> {
  const { kind } = crd.spec.names
  const page = `${directory}/${kind.toLowerCase()}.md`
  if (!isKind(kind)) throw new Error(`${kind} has no words for its page`)
  const { types, reasons } = vocabulary[kind]
  const words = {
    conditions: meanings(types),
    reasons: [{ title: 'Reasons', of: reasons }, ...(furtherReasons[kind] ?? [])],
  }
  const [written = ''] = (await readFile(page, 'utf8')).split(boundary)
  await writeFile(page, written + kindReference({ crd, ...words }))
}
