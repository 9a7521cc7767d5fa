// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { basename } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Cluster } from './cluster.ts'
import { cpuByProgram } from './cpu.ts'

/** What the programs have counted since they began, but for the delays: those count from the reading before. */
export interface Reading {
  readonly at: number
  readonly cpuSeconds: number
  readonly rssBytes: number
  readonly delayP99Ms: number
  readonly delayMaxMs: number
  readonly announces: number
  /** Into its write-ahead log: what a disk has to take. */
  readonly etcdBytes: number
  /** Seconds of the other programs. */
  readonly others: { readonly apiServer: number; readonly etcd: number; readonly agents: number }
}

export async function read({ operator, etcdSocket, directory }: Cluster): Promise<Reading> {
  const at = performance.now()
  const [status, ours, etcd, cpu] = await Promise.all([
    readFile(`/proc/${operator.pid}/status`, 'utf8'),
    fetch(`${operator.url}/metrics`).then((answer) => answer.text()),
    getFromSocket(etcdSocket, '/metrics'),
    cpuByProgram(directory),
  ])
  return {
    at,
    cpuSeconds: metric(ours, 'process_cpu_seconds_total'),
    rssBytes: metric(status.replaceAll(':', ''), 'VmRSS') * 1024,
    delayP99Ms: metric(ours, 'nodejs_eventloop_lag_p99_seconds') * 1000,
    delayMaxMs: metric(ours, 'nodejs_eventloop_lag_max_seconds') * 1000,
    announces: metric(ours, 'patchswarm_operator_tracker_reports_total'),
    etcdBytes: metric(etcd, 'etcd_disk_wal_write_bytes_total'),
    others: {
      apiServer: cpu['kube-apiserver'] ?? 0,
      etcd: cpu.etcd ?? 0,
      agents: cpu[basename(process.execPath)] ?? 0,
    },
  }
}

/** The sum of all lines that begin with the name; 0 when there is none. */
export function metric(exposition: string, name: string): number {
  const lines = exposition.matchAll(new RegExp(`^${name}(?:\\{.*\\})?\\s+(\\S+)`, 'gm'))
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0)
}

async function getFromSocket(socketPath: string, path: string): Promise<string> {
  const asked = request({ socketPath, path })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return await text(answer)
}
