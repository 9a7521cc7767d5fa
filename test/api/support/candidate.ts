// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { createLeaderElection, type KubeClient, type LeaderElection } from '@patchswarm/kube'

/** Short enough for a test, with the proportions of the real ones. */
export const TIMES = { leaseDurationMs: 3000, renewDeadlineMs: 1800, retryPeriodMs: 300 }

/** What happened to a candidate, with the time by this machine's clock. */
export interface Happening {
  what: 'lead' | 'aborted' | 'ended'
  epoch: number
  at: number
}

export interface Candidate {
  readonly election: LeaderElection
  readonly happenings: Happening[]
  /** Stops the candidate and waits for it. */
  stop(): Promise<void>
  readonly ran: Promise<void>
}

/** A candidate in this process, whose work takes `workEndsMs` to end once its signal is aborted. */
export function standForElection(
  client: KubeClient,
  namespace: string,
  identity: string,
  workEndsMs = 0,
): Candidate {
  const election = createLeaderElection({ client, namespace, name: 'leader', identity, ...TIMES })
  const happenings: Happening[] = []
  const stop = new AbortController()
  const ran = election.run(stop.signal, async (signal, epoch) => {
    const note = (what: Happening['what']) => happenings.push({ what, epoch, at: Date.now() })
    note('lead')
    if (!signal.aborted) await once(signal, 'abort')
    note('aborted')
    await new Promise((resolve) => setTimeout(resolve, workEndsMs))
    note('ended')
  })
  return {
    election,
    happenings,
    ran,
    async stop() {
      stop.abort()
      await ran
    },
  }
}

/** A candidate in a process of its own; resolves when it leads. */
export async function startCandidateProcess(kubeconfigPath: string, namespace: string, identity: string) {
  const program = new URL('./candidate-process.ts', import.meta.url).pathname
  const child = spawn(
    process.execPath,
    ['--conditions=source', program, kubeconfigPath, namespace, identity],
    {
      env: {},
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const exited = once(child, 'exit')
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => Promise.reject(new Error('the candidate ended before it led'))),
  ])) as [string]
  return {
    epoch: Number(line),
    async kill(): Promise<number> {
      child.kill('SIGKILL')
      await exited
      return Date.now()
    },
  }
}
