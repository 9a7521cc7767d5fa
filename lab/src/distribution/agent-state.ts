// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { setTimeout as sleep } from 'node:timers/promises'
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
/** Agents that move data share the machine's cores with the lab. */
const TIMEOUT_MS = 3000
const EVERY_MS = 500

/** What each agent said last, asked again and again until the signal is aborted; one that is not up yet is left out. */
export function followAgents(lab: Lab, sha256: string, signal: AbortSignal): ReadonlyMap<string, AgentState> {
  const states = new Map<string, AgentState>()
  const follow = async (name: string): Promise<void> => {
    while (!signal.aborted) {
      const state = await readAgentState(lab.node(name).address, sha256, signal)
      if (state) states.set(name, state)
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
  for (const name of lab.nodeNames) void follow(name)
  return states
}

async function readAgentState(
  address: string,
  sha256: string,
  signal: AbortSignal,
): Promise<AgentState | undefined> {
  try {
    const response = await fetch(`http://${address}:${ADMIN_PORT}/state`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
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
