// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Lab } from '../lab.ts'

/** What an agent's admin port says about the file that is being distributed. */
export interface AgentState {
  state: string
  percent: number
  /** Bytes a second. */
  rate: number
  fromOrigin: number
  fromPeers: number
  fromCache: number
  peers: number
}

/** From the profile of examples/01. */
const ADMIN_PORT = 5001
/** An agent that does not answer at once is left out of this picture. */
const TIMEOUT_MS = 300

/** Asks every agent; one that is not up yet is left out. */
export async function readAgentStates(lab: Lab, sha256: string): Promise<Map<string, AgentState>> {
  const states = await Promise.all(
    lab.nodeNames.map(async (name) => [name, await readAgentState(lab.node(name).address, sha256)] as const),
  )
  return new Map(states.filter((entry): entry is [string, AgentState] => entry[1] !== undefined))
}

async function readAgentState(address: string, sha256: string): Promise<AgentState | undefined> {
  try {
    const response = await fetch(`http://${address}:${ADMIN_PORT}/state`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    return parseAgentState(await response.json(), sha256)
  } catch {
    return undefined
  }
}

interface Reported {
  artifacts?: {
    digest?: string
    state?: string
    size?: number
    bytesHeld?: number
    bytesFromOrigin?: number
    bytesFromPeers?: number
    bytesFromCache?: number
    rate?: number
    peers?: number
  }[]
}

/** The part of the agent's local state that is about one file. */
export function parseAgentState(body: unknown, sha256: string): AgentState | undefined {
  const artifact = (body as Reported).artifacts?.find(({ digest }) => digest === `sha256:${sha256}`)
  if (!artifact) return undefined
  const { size = 0, bytesHeld = 0 } = artifact
  return {
    state: artifact.state ?? '',
    percent: size > 0 ? Math.floor((100 * bytesHeld) / size) : 0,
    rate: artifact.rate ?? 0,
    fromOrigin: artifact.bytesFromOrigin ?? 0,
    fromPeers: artifact.bytesFromPeers ?? 0,
    fromCache: artifact.bytesFromCache ?? 0,
    peers: artifact.peers ?? 0,
  }
}
