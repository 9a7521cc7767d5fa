// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { setTimeout as sleep } from 'node:timers/promises'
import type { Container, EnvVar, Pod } from '@patchswarm/kube'
import type { Logger } from 'pino'
import { type Child, type Exit, startChild } from '../process/index.ts'
import { countFailure, restartDelay } from './backoff.ts'
import { ContainerConfigError, expand, type PodAddresses, resolveEnvironment } from './environment.ts'
import { commandOf, type Images } from './images.ts'
import { type Mount, rewriteMountPaths } from './mount-paths.ts'
import type { ContainerReport } from './pod-status.ts'
import { runProbe } from './probe.ts'

export interface ContainerContext {
  pod: Pod
  spec: Container
  addresses: PodAddresses
  images: Images
  /** Where the Pod's volumes lie, by name. */
  volumes: ReadonlyMap<string, string>
  /** Put before the command: the way into the Pod's network. */
  enter: readonly string[]
  workingDirectory: string
  logFile: string
  log: Logger
  onChange: () => void
}

/** One container of a Pod: a process that is started again whenever it ends. */
export interface ContainerRunner {
  readonly report: ContainerReport
  readonly child: Child | undefined
  /** Runs until the signal is aborted, then stops the process within the grace period; never rejects. */
  run(signal: AbortSignal, graceMs: () => number): Promise<void>
}

export function createContainer(context: ContainerContext): ContainerRunner {
  const { spec, log } = context
  const report: ContainerReport = {
    name: spec.name,
    image: spec.image ?? '',
    state: { waiting: { reason: 'ContainerCreating' } },
    restartCount: 0,
    ready: false,
  }
  const change = (fields: Partial<ContainerReport>) => {
    Object.assign(report, fields)
    context.onChange()
  }
  let child: Child | undefined

  const runOnce = async (signal: AbortSignal, graceMs: () => number): Promise<void> => {
    const startedAt = new Date()
    child = await startProcess(context)
    change({ state: { running: { startedAt: startedAt.toISOString() } }, ready: !spec.readinessProbe })
    const probes = new AbortController()
    const stop = () => void child?.stop(graceMs())
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    startProbes(context, child, change, AbortSignal.any([signal, probes.signal]), graceMs)
    const exit = await child.exited
    probes.abort()
    signal.removeEventListener('abort', stop)
    change({ state: terminated(exit, startedAt, new Date()), ready: false })
  }

  return {
    report,
    get child() {
      return child
    },
    async run(signal, graceMs) {
      let failures = 0
      while (!signal.aborted) {
        const started = Date.now()
        await runOnce(signal, graceMs).catch((error: unknown) => {
          log.warn({ err: error, container: spec.name }, 'cannot start a container')
          change({ state: cannotStart(error), ready: false })
        })
        if (signal.aborted) return
        const waitMs = restartDelay(failures)
        failures = countFailure(failures, Date.now() - started)
        if (waitMs > 0 && 'terminated' in report.state) {
          change({ lastState: report.state, state: backingOff(waitMs) })
        }
        await sleep(waitMs, undefined, { signal }).catch(() => undefined)
        if (!signal.aborted) report.restartCount++
      }
    },
  }
}

function cannotStart(error: unknown): ContainerReport['state'] {
  const reason = error instanceof ContainerConfigError ? 'CreateContainerConfigError' : 'CreateContainerError'
  return { waiting: { reason, message: error instanceof Error ? error.message : String(error) } }
}

const backingOff = (waitMs: number): ContainerReport['state'] => ({
  waiting: { reason: 'CrashLoopBackOff', message: `back-off ${waitMs / 1000} s before the next start` },
})

async function startProcess(context: ContainerContext): Promise<Child> {
  const { spec, pod, enter } = context
  const command = commandOf(spec, context.images)
  if (!command) throw new ContainerConfigError(`the lab has no program for the image ${spec.image}`)
  const mounts = mountsOf(context)
  const plain = resolveEnvironment(withImageEnvironment(context), pod, context.addresses)
  const args = command.map((argument) => rewriteMountPaths(expand(argument, plain), mounts))
  const env = Object.fromEntries(
    Object.entries(plain).map(([name, value]) => [name, rewriteMountPaths(value, mounts)]),
  )
  const [program, ...rest] = [...enter, ...args]
  return await startChild({
    name: `${pod.metadata.namespace}/${pod.metadata.name}/${spec.name}`,
    command: program as string,
    args: rest,
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: context.workingDirectory,
      HOSTNAME: pod.metadata.name,
      ...env,
    },
    cwd: context.workingDirectory,
    logFile: context.logFile,
  })
}

function withImageEnvironment({ spec, images }: ContainerContext): EnvVar[] {
  const fromImage = Object.entries(images[spec.image ?? '']?.env ?? {})
  return [...fromImage.map(([name, value]) => ({ name, value })), ...(spec.env ?? [])]
}

function mountsOf({ spec, volumes }: ContainerContext): Mount[] {
  return (spec.volumeMounts ?? []).map(({ name, mountPath, subPath }) => {
    const location = volumes.get(name)
    if (!location)
      throw new ContainerConfigError(`the mount at ${mountPath} names a volume "${name}" that is not there`)
    return { mountPath, location: subPath ? `${location}/${subPath}` : location }
  })
}

function startProbes(
  { spec, addresses, log }: ContainerContext,
  child: Child,
  change: (fields: Partial<ContainerReport>) => void,
  signal: AbortSignal,
  graceMs: () => number,
): void {
  const { podIP } = addresses
  if (spec.readinessProbe) {
    void runProbe({ probe: spec.readinessProbe, podIP, signal }, (ready) => change({ ready }), true)
  }
  if (spec.livenessProbe) {
    void runProbe(
      { probe: spec.livenessProbe, podIP, signal },
      (alive) => {
        if (alive) return
        log.warn({ container: spec.name, pid: child.pid }, 'liveness probe failed: restarting')
        void child.stop(graceMs())
      },
      false,
    )
  }
}

function terminated(exit: Exit, startedAt: Date, finishedAt: Date): ContainerReport['state'] {
  return {
    terminated: {
      // As a shell and a container runtime count it: 128 + signal.
      exitCode: exit.code ?? (exit.signal === 'SIGKILL' ? 137 : exit.signal === 'SIGTERM' ? 143 : 128),
      reason: exit.code === 0 ? 'Completed' : 'Error',
      startedAt: startedAt.toISOString(),
      finishedAt: finishedAt.toISOString(),
    },
  }
}
