// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFile, writeFile } from 'node:fs/promises'
import {
  conditionTypes,
  distributionJobReasons,
  nodeDistributionReasons,
  nodeSkipReasons,
  p2pProfileReasons,
  patchArtifactReasons,
} from '../api/src/conditions.ts'
import type { CustomResourceDefinition } from '../api/src/crd.ts'
import { boundary, type KindPage, kindReference } from './kind-page.ts'

type Words = Omit<KindPage, 'crd'>

const { Ready, Reconciling, Stalled, Complete, Failed, Suspended } = conditionTypes
const meanings = (types: Readonly<Record<string, { meaning: string }>>): Record<string, string> =>
  Object.fromEntries(Object.entries(types).map(([name, { meaning }]) => [name, meaning]))
const usual = meanings({ Ready, Reconciling, Stalled })

const words: Readonly<Record<string, Words>> = {
  P2PProfile: { conditions: usual, reasons: [{ title: 'Reasons', of: p2pProfileReasons }] },
  PatchArtifact: { conditions: usual, reasons: [{ title: 'Reasons', of: patchArtifactReasons }] },
  DistributionJob: {
    conditions: meanings({ Ready, Reconciling, Stalled, Complete, Failed, Suspended }),
    reasons: [
      { title: 'Reasons', of: distributionJobReasons },
      { title: 'Reasons of skipped nodes', of: nodeSkipReasons },
    ],
  },
  NodeDistribution: {
    conditions: meanings({ Ready }),
    reasons: [{ title: 'Reasons', of: nodeDistributionReasons }],
  },
}

/** Writes the reference part of the kind's page anew; what stands above its boundary is kept. */
export async function writeKindPage(crd: CustomResourceDefinition, directory: string): Promise<void> {
  const { kind } = crd.spec.names
  const page = `${directory}/${kind.toLowerCase()}.md`
  const said = words[kind]
  if (said === undefined) throw new Error(`${kind} has no words for its page`)
  const [written = ''] = (await readFile(page, 'utf8')).split(boundary)
  await writeFile(page, written + kindReference({ crd, ...said }))
}
