// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** One write to the API, from the API server's own audit log. */
export interface ApiWrite {
  user: string
  verb: string
  resource: string
  name: string
  /** When the request came, in ms since 1970. */
  at: number
}

interface AuditEvent {
  stage?: string
  verb?: string
  user?: { username?: string }
  objectRef?: { resource?: string; subresource?: string; name?: string }
  responseStatus?: { code?: number }
  requestReceivedTimestamp?: string
}

/** Every write that the API server accepted, oldest first. */
export async function readAuditLog(file: string): Promise<ApiWrite[]> {
  const writes: ApiWrite[] = []
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const write = parseLine(line)
    if (write) writes.push(write)
  }
  return writes
}

function parseLine(line: string): ApiWrite | undefined {
  let event: AuditEvent
  try {
    event = JSON.parse(line) as AuditEvent
  } catch {
    // The last line can be half-written while the server runs.
    return undefined
  }
  const accepted = event.stage === 'ResponseComplete' && (event.responseStatus?.code ?? 500) < 400
  if (!accepted) return undefined
  return {
    user: event.user?.username ?? '',
    verb: event.verb ?? '',
    resource: event.objectRef?.resource ?? '',
    name: event.objectRef?.name ?? '',
    at: Date.parse(event.requestReceivedTimestamp ?? ''),
  }
}

/** What neither changes an object nor grows with jobs: the leader's heartbeat and questions about tokens. */
const NOT_COUNTED = new Set(['leases', 'tokenreviews', 'subjectaccessreviews'])

/**
 * API writes of Patchswarm (the users whose name starts with `userPrefix`) for one job: for the node with the most,
 * and in all.
 *
 * @param nodeOf the node that an object of a node belongs to, by the object's name
 */
export function countWrites(
  writes: readonly ApiWrite[],
  filter: { userPrefix: string; since: number },
  nodeOf: (nodeDistribution: string) => string | undefined,
): { byNode: number; total: number } {
  const ours = writes.filter(
    ({ user, at, resource }) =>
      user.startsWith(filter.userPrefix) && at >= filter.since && !NOT_COUNTED.has(resource),
  )
  const byNode = new Map<string, number>()
  for (const { resource, name } of ours) {
    const node = resource === 'nodedistributions' ? nodeOf(name) : undefined
    if (node !== undefined) byNode.set(node, (byNode.get(node) ?? 0) + 1)
  }
  return { byNode: Math.max(0, ...byNode.values()), total: ours.length }
}

/** Writes of live progress that an API server has taken. */
export interface ProgressWrites {
  readonly total: number
  /** From the first to the last. */
  readonly perSecond: number
  /** In any 1,000 milliseconds. */
  readonly mostInASecond: number
}

/** Of every NodeDistribution all writes but its making, its beginning and its end. */
export function countProgress(
  writes: readonly ApiWrite[],
  { userPrefix, since }: { userPrefix: string; since: number },
): ProgressWrites {
  const rows = writes.filter(
    ({ user, at, resource }) =>
      user.startsWith(userPrefix) && at >= since && resource === 'nodedistributions',
  )
  const times = [...Map.groupBy(rows, ({ name }) => name).values()]
    .flatMap((ofRow) => ofRow.toSorted((a, b) => a.at - b.at).slice(2, -1))
    .map(({ at }) => at)
    .toSorted((a, b) => a - b)
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000
  return {
    total: times.length,
    perSecond: times.length < 2 ? 0 : (times.length - 1) / Math.max(1, seconds),
    mostInASecond: mostWithin(times, 1000),
  }
}

/** @param times in their order */
function mostWithin(times: readonly number[], ms: number): number {
  let first = 0
  const counts = times.map((time, at) => {
    while (time - (times[first] ?? time) >= ms) first++
    return at - first + 1
  })
  return Math.max(0, ...counts)
}
