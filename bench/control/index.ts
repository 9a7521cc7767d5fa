// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeDistributions, operatorNamespace } from '@patchswarm/api'
import { countProgress, countWrites, readAuditLog } from '../../lab/src/distribution/audit-log.ts'
import { createFleet, type Simulated } from '../../lab/src/simulated-agents/index.ts'
import type { Benchmark } from '../benchmark.ts'
import { type Program, startProgram } from '../swarm/program.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { createArtifact, profile, runJob } from './job.ts'
import { type ControlOptions, HELP, parseOptions } from './options.ts'
import { read } from './reading.ts'
import { type ControlResult, goalsOf, phaseOf, renderResult } from './result.ts'

/** `npm run bench -- control`: the operator with many nodes. */
export const control: Benchmark = {
  about: 'what the operator takes for up to 5,000 nodes, beside a real API server',
  help: HELP,
  async run(args) {
    const options = parseOptions(args)
    const directory = await mkdtemp(join(tmpdir(), 'patchswarm-control-'))
    try {
      await using cluster = await startCluster(directory)
      const result = await Promise.race([cluster.failed, measure(options, cluster, directory)])
      console.log(options.json ? JSON.stringify(result) : renderResult(result))
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
}

async function measure(options: ControlOptions, cluster: Cluster, directory: string): Promise<ControlResult> {
  const { nodes, restMs } = options
  const { client, operator } = cluster
  console.error(`making ${nodes} nodes …`)
  const agents = await createFleet(client, { profile, nodes, trackers: [operator.tracker] })
  const programs: Program[] = []
  try {
    const made = await read(cluster)
    console.error('connecting …')
    programs.push(...(await startAgents(agents, options, directory)))
    const connected = await read(cluster)
    console.error('resting …')
    await sleep(restMs)
    const rested = await read(cluster)
    await createArtifact(client)
    console.error('distributing …')
    const began = await read(cluster)
    const since = Date.now()
    const { status } = await runJob(client)
    const ended = await read(cluster)
    console.error('resting again …')
    await sleep(restMs)
    const after = await read(cluster)
    const result = {
      benchmark: 'control',
      nodes,
      phases: [
        phaseOf('connect', made, connected),
        phaseOf('rest', connected, rested),
        phaseOf('job', began, ended),
        phaseOf('rest after', ended, after),
      ],
      writes: await writesSince(cluster, since),
      jobStatusBytes: Buffer.byteLength(JSON.stringify(status)),
      succeeded: status?.succeeded ?? 0,
    } as const
    return { ...result, goals: goalsOf(result) }
  } finally {
    await Promise.all(programs.map((program) => program.stop()))
  }
}

async function startAgents(
  agents: readonly Simulated[],
  { processes, transferMs }: ControlOptions,
  directory: string,
): Promise<Program[]> {
  const program = new URL('agents.ts', import.meta.url).pathname
  const shares = Array.from({ length: processes }, (_, at) => agents.filter((_, of) => of % processes === at))
  const programs = await Promise.all(
    shares.map(async (share, at) => {
      const file = join(directory, `agents-${at}.json`)
      await writeFile(file, JSON.stringify(share), { mode: 0o600 })
      const command = [process.execPath, '--conditions=source', program, file, String(transferMs)]
      return startProgram({ command, directory, logFile: join(directory, `agents-${at}.log`) })
    }),
  )
  await Promise.all(programs.map((one) => one.line('connected')))
  return programs
}

async function writesSince({ auditLog, client }: Cluster, since: number): Promise<ControlResult['writes']> {
  const rows = await client.for(nodeDistributions).list({ namespace: operatorNamespace })
  const nodeOf = new Map(rows.map(({ metadata, spec }) => [metadata.name, spec.nodeName]))
  const userPrefix = `system:serviceaccount:${operatorNamespace}:`
  const writes = await readAuditLog(auditLog)
  const progress = countProgress(writes, { userPrefix, since })
  const counted = countWrites(writes, { userPrefix, since }, (name) => nodeOf.get(name))
  return { ...counted, progress }
}
