// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Checked } from './reader-check.ts'

/** What reading again has shown of a file that is still another one, for people. */
export function checkedWords({ wrong, leavesRead, lackedBytes, neededFactor, error }: Checked): string {
  const found = [...wrong].map(
    ([node, leaves]) => `${node || 'a node that is not known'} has stated another one for ${chunks(leaves)}`,
  )
  if (error !== '') return sentences('The seeder could not read the sources itself', [...found, error])
  const again = leavesRead === 1 ? 'one chunk' : `${leavesRead} chunks`
  if (lackedBytes === 0) return sentences('The seeder has read all of it again', found)
  const [rest, advice] =
    found.length > 0
      ? [
          'what else these nodes have read',
          `; create a new PatchArtifact with ${neededFactor} there, or take these nodes out of the profile`,
        ]
      : ['the rest', '']
  const lacks = `to read ${rest} again takes ${lackedBytes} bytes, more than spec.origin.budgetFactor leaves${advice}`
  return sentences(`The seeder has read ${again} again`, [
    ...(found.length > 0 || leavesRead === 0 ? found : ['each is what they have stated']),
    lacks,
  ])
}

const sentences = (first: string, others: readonly string[]): string => `${[first, ...others].join('; ')}.`

const chunks = (leaves: readonly number[]): string =>
  leaves.length === 1
    ? `chunk ${leaves[0]}`
    : `${leaves.length} chunks, of which the first is ${Math.min(...leaves)}`
