// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { isVerified, type LabResult } from '../distribution/index.ts'
import { formatBytes } from '../units.ts'

/** What the lab says at the end. */
export function renderReport(result: LabResult): string[] {
  const { artifact, nodes, origin } = result
  const complete = nodes.filter(({ complete, sha256 }) => complete && sha256 === artifact.sha256)
  const sum = (read: (node: LabResult['nodes'][number]) => number) =>
    nodes.reduce((all, node) => all + read(node), 0)
  return [
    `${artifact.name}: ${formatBytes(artifact.size)} in ${artifact.chunks} chunks, sha256 ${artifact.sha256.slice(0, 16)}…, CID ${artifact.cid || 'unknown'}`,
    '',
    `  nodes complete and verified   ${complete.length} of ${nodes.length}${isVerified(result) ? '' : `   missing: ${missing(result)}`}`,
    `  last node                     ${result.makespanSeconds} s after the job was created (ingest ${result.ingestSeconds} s)`,
    `  every node on its own         ${result.directSeconds} s from the same origin`,
    `  sent by the origin            ${formatBytes(origin.bytes)} in ${origin.requests} requests: ${result.originAmplification} × the file`,
    `  received by nodes             ${formatBytes(sum((node) => node.bytesFromPeers))} from peers, ${formatBytes(sum((node) => node.bytesFromOrigin))} from the origin, ${formatBytes(sum((node) => node.bytesFromCache))} from their cache`,
    `  saved at the origin           ${result.savingsPercent} %`,
    `  writes to the Kubernetes API  at most ${result.apiWrites.byNode} for one node, ${result.apiWrites.total} in all`,
    ...(isVerified(result) ? [] : trouble(result)),
  ]
}

function trouble({ conditions }: LabResult): string[] {
  const ready = conditions.find(({ type }) => type === 'Ready')
  return [
    `  the job says                  ${ready ? `${ready.reason}: ${ready.message}` : 'nothing: the operator has not seen it'}`,
    '  to look for the cause         run the same with --keep',
  ]
}

function missing({ artifact, nodes }: LabResult): string {
  return nodes
    .filter(({ complete, sha256 }) => !complete || sha256 !== artifact.sha256)
    .map(({ name, sha256 }) => (sha256 && sha256 !== artifact.sha256 ? `${name} (wrong digest)` : name))
    .join(', ')
}
