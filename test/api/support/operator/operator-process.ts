// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { inject } from 'vitest'
import { freePort } from '../../../../lab/src/control-plane/index.ts'

/** The operator as it runs in production: its own program in its own process. */
export interface OperatorProcess extends AsyncDisposable {
  /** host:port of the tracker; the same after a restart. */
  readonly trackerAddress: string
  readonly trackerPeerId: string
  readonly httpAddress: string
  /** What it has logged so far, one object a line. */
  readonly log: readonly Record<string, unknown>[]
  /** SIGKILL, then a new process with the same configuration. */
  restart(): Promise<void>
  /** SIGTERM: gives the lease back. */
  stop(): Promise<void>
}

/** @param announced what agents are told, the same for all replicas; its own address when left out */
export async function startOperator(
  kubeconfig: string,
  podName = 'operator-0',
  announced?: string,
): Promise<OperatorProcess> {
  const [trackerPort, httpPort] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')]
  const trackerAddress = `127.0.0.1:${trackerPort}`
  const httpAddress = `127.0.0.1:${httpPort}`
  const log: Record<string, unknown>[] = []
  let child: ChildProcess | undefined
  let trackerPeerId = ''

  const start = async (): Promise<void> => {
    const running = spawn(process.execPath, [inject('operator')], {
      env: {
        KUBECONFIG: kubeconfig,
        PATCHSWARM_NAMESPACE: 'patchswarm-system',
        PATCHSWARM_POD_NAME: podName,
        PATCHSWARM_AGENT_IMAGE: 'patchswarm/agent:test',
        PATCHSWARM_TRACKER_LISTEN: trackerAddress,
        PATCHSWARM_TRACKER_ADDRESS: announced ?? trackerAddress,
        PATCHSWARM_HTTP_ADDRESS: httpAddress,
        PATCHSWARM_LOG_LEVEL: 'debug',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = running
    const started = new Promise<string>((resolve, reject) => {
      running.once('exit', (code) =>
        reject(new Error(`the operator ended with ${code}: ${JSON.stringify(log.at(-1))}`)),
      )
      createInterface({ input: running.stdout }).on('line', (line) => {
        const entry = JSON.parse(line) as Record<string, unknown>
        log.push(entry)
        if (entry.msg === 'operator started') resolve(String(entry.peerId))
      })
    })
    trackerPeerId = await started
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  await start()
  return {
    trackerAddress,
    httpAddress,
    log,
    get trackerPeerId() {
      return trackerPeerId
    },
    async restart() {
      await end('SIGKILL')
      await start()
    },
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  }
}
