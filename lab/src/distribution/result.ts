// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Condition } from '@patchswarm/api'

/** The document of `--json`, and what the closing report is written from. Seconds run from the job's creation. */
export interface LabResult {
  artifact: { name: string; sha256: string; cid: string; size: number; chunks: number }
  nodes: NodeResult[]
  /** Payload bytes and requests as the origin server itself counted them. */
  origin: { bytes: number; requests: number }
  originAmplification: number
  makespanSeconds: number
  /** Until the seeder held the whole file. */
  ingestSeconds: number
  /** What it would take if every node downloaded the file for itself from this origin. */
  directSeconds: number
  savingsPercent: number
  apiWrites: { byNode: number; total: number }
  /** Of the job. */
  conditions: Condition[]
}

export interface NodeResult {
  name: string
  seconds: number
  complete: boolean
  /** Computed by the lab from the delivered file; empty when there is none. */
  sha256: string
  bytesFromOrigin: number
  bytesFromPeers: number
  bytesFromCache: number
}

/** What the lab measured. */
export interface Measurements {
  artifact: LabResult['artifact']
  nodes: NodeResult[]
  origin: { bytes: number; requests: number }
  originBytesPerSecond: number
  ingestSeconds: number
  apiWrites: LabResult['apiWrites']
  conditions: Condition[]
}

export function summarize(measured: Measurements): LabResult {
  const { artifact, nodes, origin, originBytesPerSecond } = measured
  const alone = artifact.size * nodes.length
  return {
    artifact,
    nodes: nodes.map((node) => ({ ...node, seconds: round(node.seconds, 2) })),
    origin: { ...origin },
    originAmplification: round(origin.bytes / artifact.size, 3),
    makespanSeconds: round(Math.max(0, ...nodes.map(({ seconds }) => seconds)), 2),
    ingestSeconds: round(measured.ingestSeconds, 2),
    directSeconds: round(alone / originBytesPerSecond, 2),
    savingsPercent: round(100 * (1 - origin.bytes / alone), 1),
    apiWrites: measured.apiWrites,
    conditions: measured.conditions,
  }
}

/** Whether every node has the file and its digest is right. */
export function isVerified({ artifact, nodes }: LabResult): boolean {
  return nodes.length > 0 && nodes.every(({ complete, sha256 }) => complete && sha256 === artifact.sha256)
}

const round = (value: number, digits: number) => Number(value.toFixed(digits))
