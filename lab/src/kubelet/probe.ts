// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Probe } from '@patchswarm/kube'

/** Until a container is ready for the first time it is asked often: a lab should not wait for a period of 10 s. */
const EAGER_MS = 200

export interface ProbeTarget {
  probe: Probe
  /** Where to ask when the probe names no host. */
  podIP: string
  signal: AbortSignal
}

/** Asks again and again until the signal is aborted; `onResult` hears changes only, after the probe's thresholds. */
export async function runProbe(
  target: ProbeTarget,
  onResult: (healthy: boolean) => void,
  eager: boolean,
): Promise<void> {
  const { probe, signal } = target
  const periodMs = (probe.periodSeconds ?? 10) * 1000
  const judge = createJudge(probe.failureThreshold ?? 3)
  try {
    await sleep((probe.initialDelaySeconds ?? 0) * 1000, undefined, { signal })
    for (;;) {
      const verdict = judge.hear(await askOnce(target))
      signal.throwIfAborted()
      if (verdict !== undefined) onResult(verdict)
      const waitMs = eager && !judge.decided ? Math.min(EAGER_MS, periodMs) : periodMs
      await sleep(waitMs, undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Turns single answers into changes of health: one success is enough, failures must come in a row. */
function createJudge(failureThreshold: number) {
  let failures = 0
  let known: boolean | undefined
  return {
    get decided() {
      return known !== undefined
    },
    /** The new health when it changes with this answer. */
    hear(healthy: boolean): boolean | undefined {
      failures = healthy ? 0 : failures + 1
      if (healthy === known || (!healthy && failures < failureThreshold)) return undefined
      known = healthy
      return healthy
    },
  }
}

function askOnce({ probe, podIP, signal }: ProbeTarget): Promise<boolean> {
  const { httpGet } = probe
  // The other kinds (exec, tcpSocket, grpc) are not used here.
  if (!httpGet) return Promise.resolve(true)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const call = request({
    host: httpGet.host ?? podIP,
    port: httpGet.port,
    path: httpGet.path,
    agent: false,
    signal,
    timeout: (probe.timeoutSeconds ?? 1) * 1000,
    headers: { 'user-agent': 'kube-probe/lab', connection: 'close' },
  })
  call.once('response', (response) => {
    const status = response.statusCode ?? 0
    response.resume()
    resolve(status >= 200 && status < 400)
  })
  call.once('timeout', () => call.destroy())
  call.once('error', () => resolve(false))
  call.once('close', () => resolve(false))
  call.end()
  return promise
}
