// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Lab } from '../../lab/src/lab.ts'

/** The part of an agent's /state that tests look at. */
export interface AgentLook {
  artifacts: {
    name: string
    state: string
    reason: string
    bytesHeld: number
    bytesFromOrigin: number
    bytesFromPeers: number
    bytesFromCache: number
  }[]
  deliveries: { id: string; state: string; path: string; reason: string }[]
}

/** Undefined while the agent of the node does not answer. */
export const lookAt = (lab: Lab, node: string, port = 5001): Promise<AgentLook | undefined> =>
  ask(lab, node, port, '/state', (response) => response.json() as Promise<AgentLook>)

/** One number of the agent's /metrics; undefined while it does not answer or has no such line. */
export async function metric(lab: Lab, node: string, line: string, port = 5001): Promise<number | undefined> {
  const text = await ask(lab, node, port, '/metrics', (response) => response.text())
  const found = text?.split('\n').find((candidate) => candidate.startsWith(`${line} `))
  return found === undefined ? undefined : Number(found.slice(line.length + 1))
}

async function ask<T>(
  lab: Lab,
  node: string,
  port: number,
  path: string,
  read: (response: Response) => Promise<T>,
): Promise<T | undefined> {
  try {
    const url = `http://${lab.node(node).address}:${port}${path}`
    // A connection of its own: a kept one would be cut by the kill that a test is about.
    const response = await fetch(url, { signal: AbortSignal.timeout(2000), headers: { connection: 'close' } })
    return await read(response)
  } catch {
    return undefined
  }
}
