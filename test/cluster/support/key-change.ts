// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readFile } from 'node:fs/promises'
import { inRepository } from '../../../lab/src/repository.ts'

/** The four steps in which docs/security.md has the operator's key changed, each to be run by itself. */
export async function documentedKeyChange(): Promise<string[]> {
  const document = await readFile(inRepository('docs', 'security.md'), 'utf8')
  const [, block = ''] = /```\n(N=patchswarm-system; [^`]+)```/.exec(document) ?? []
  const [functions = '', ...steps] = block.split(/^# \d\. /m)
  return steps.map((step) => `${functions}# ${step}`)
}
