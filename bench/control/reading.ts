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
  /** The reconcile that kept the loop to itself for longest, if there was any. */
  readonly longestHold: Hold | undefined
  readonly heap: { readonly usedBytes: number; readonly totalBytes: number; readonly externalBytes: number }
  readonly gc: { readonly seconds: number; readonly pauses: readonly Pauses[] }
  readonly announces: number
  /** Into its write-ahead log: what a disk has to take. */
  readonly etcdBytes: number
  /** Seconds of the other programs. */
  readonly others: { readonly apiServer: number; readonly etcd: number; readonly agents: number }
}

export interface Hold {
  readonly controller: string
  readonly key: string
  readonly ms: number
}

/** Pauses of the garbage collector that were no longer than this. */
export interface Pauses {
  readonly upToMs: number
  readonly count: number
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
    longestHold: longestHold(ours),
    heap: {
      usedBytes: metric(ours, 'nodejs_heap_size_used_bytes'),
      totalBytes: metric(ours, 'nodejs_heap_size_total_bytes'),
      externalBytes: metric(ours, 'nodejs_external_memory_bytes'),
    },
    gc: { seconds: metric(ours, 'nodejs_gc_duration_seconds_sum'), pauses: pausesIn(ours) },
    announces: metric(ours, 'patchswarm_operator_tracker_reports_total'),
    etcdBytes: metric(etcd, 'etcd_disk_wal_write_bytes_total'),
    others: {
      apiServer: cpu['kube-apiserver'] ?? 0,
      etcd: cpu.etcd ?? 0,
      agents: cpu[basename(process.execPath)] ?? 0,
    },
  }
}

const hold = /^patchswarm_reconcile_longest_hold_seconds\{controller="(.*)",key="(.*)"\} (\S+)/gm

export function longestHold(exposition: string): Hold | undefined {
  return [...exposition.matchAll(hold)]
    .map(([, controller = '', key = '', seconds]) => ({ controller, key, ms: Number(seconds) * 1000 }))
    .toSorted((a, b) => b.ms - a.ms)[0]
}

/** Of all kinds of collection together, from the shortest pauses on. */
export function pausesIn(exposition: string): Pauses[] {
  const lines = [...exposition.matchAll(/^nodejs_gc_duration_seconds_bucket\{le="(.*?)".*\} (\d+)/gm)]
  const byLimit = Map.groupBy(lines, ([, limit = '']) => limit.replace('+Inf', 'Infinity'))
  return [...byLimit].map(([limit, some]) => ({
    upToMs: Number(limit) * 1000,
    count: some.reduce((sum, [, , count]) => sum + Number(count), 0),
  }))
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
