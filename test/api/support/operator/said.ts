// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Condition,
  distributionJobs,
  nodeDistributions,
  operatorNamespace,
  operatorServiceAccount,
  p2pProfiles,
  patchArtifacts,
} from '@patchswarm/api'
import { inject } from 'vitest'
import { kstatusOf } from './kstatus.ts'

/** A line of the API server's audit log. */
interface AuditEvent {
  stage?: string
  user?: { username?: string }
  objectRef?: { resource?: string; subresource?: string }
  responseStatus?: { code?: number }
  requestObject?: { status?: Status }
}

interface Status {
  conditions?: Condition[]
  reason?: string
  skippedNodes?: { reason: string }[]
}

const kindOf = new Map(
  [p2pProfiles, patchArtifacts, distributionJobs, nodeDistributions].map(({ plural, kind }) => [
    plural,
    kind,
  ]),
)
const operator = `system:serviceaccount:${operatorNamespace}:${operatorServiceAccount}`

/** Leaves all that operators have said in statuses for the comparison of test/api/vocabulary.ts. The log has every write, however short it stood. */
export async function keepSaid(auditLog: string): Promise<void> {
  // The last one has no end if the server had none.
  const lines = (await readFile(auditLog, 'utf8')).split('\n').slice(0, -1)
  const said = new Set(lines.flatMap((line) => saidIn(JSON.parse(line) as AuditEvent)))
  await writeFile(join(inject('saidFolder'), randomUUID()), [...said].join('\n'))
}

/** "DistributionJob reason Completed Current", "DistributionJob condition Complete", "DistributionJob skipped NodeGone". */
function saidIn({ stage, user, objectRef, responseStatus, requestObject }: AuditEvent): string[] {
  const accepted = stage === 'ResponseComplete' && (responseStatus?.code ?? 500) < 400
  const kind = kindOf.get(objectRef?.resource ?? '')
  if (!accepted || !kind || objectRef?.subresource !== 'status' || user?.username !== operator) return []
  const { conditions = [], reason, skippedNodes = [] } = requestObject?.status ?? {}
  const [first] = conditions
  // Conditions are written all together, and for the generation that they name.
  const generation = first?.observedGeneration ?? 0
  const kstatus = kstatusOf({
    metadata: { generation },
    status: { observedGeneration: generation, conditions },
  })
  return [
    ...conditions.map((one) => `${kind} condition ${one.type}`),
    ...(first ? [`${kind} reason ${first.reason} ${kstatus}`] : []),
    ...(first && reason && reason !== first.reason
      ? [`${kind} reason ${reason} beside ${first.reason}`]
      : []),
    ...skippedNodes.map((one) => `${kind} skipped ${one.reason}`),
  ]
}
