// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { Certificates } from './certificates.ts'

/** The parts of a control plane that can be started; the first two are always needed. */
export const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const
export type Component = (typeof COMPONENTS)[number]

/**
 * etcd listens on a socket in its working folder, so that neither a port nor another user of the machine is in the way.
 * The form is etcd's own: a host and a port, taken together as a relative path.
 */
const ETCD_SOCKET = 'unix://etcd:0'
const ETCD_PEER_SOCKET = 'unix://peer:0'

export function etcdArguments(dataDirectory: string): string[] {
  return [
    '--name=lab',
    `--data-dir=${dataDirectory}`,
    // Nothing outlives the lab, and waiting for the disk would cost most of the start.
    '--unsafe-no-fsync',
    '--log-level=warn',
    `--listen-client-urls=${ETCD_SOCKET}`,
    `--advertise-client-urls=${ETCD_SOCKET}`,
    `--listen-peer-urls=${ETCD_PEER_SOCKET}`,
    `--initial-advertise-peer-urls=${ETCD_PEER_SOCKET}`,
    `--initial-cluster=lab=${ETCD_PEER_SOCKET}`,
  ]
}

export interface ApiServerSettings {
  bindAddress: string
  port: number
  certificates: Certificates
  /** Writes are logged here, one JSON object a line. */
  audit?: { logFile: string; policyFile: string }
}

export function apiServerArguments(settings: ApiServerSettings): string[] {
  const { certificates, bindAddress, audit } = settings
  return [
    `--etcd-servers=${ETCD_SOCKET}`,
    `--bind-address=${bindAddress}`,
    `--advertise-address=${bindAddress}`,
    `--secure-port=${settings.port}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--allow-privileged=true',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--client-ca-file=${certificates.caFile}`,
    `--tls-cert-file=${certificates.servingCertFile}`,
    `--tls-private-key-file=${certificates.servingKeyFile}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${certificates.serviceAccountPublicKeyFile}`,
    `--service-account-signing-key-file=${certificates.serviceAccountPrivateKeyFile}`,
    // The endpoints of the service "kubernetes" need a routable address, and nobody uses them here.
    '--endpoint-reconciler-type=none',
    ...(audit
      ? [
          `--audit-policy-file=${audit.policyFile}`,
          `--audit-log-path=${audit.logFile}`,
          '--audit-log-mode=blocking',
          '--audit-log-maxsize=0',
        ]
      : []),
  ]
}

export function controllerManagerArguments(
  kubeconfig: string,
  certificates: Certificates,
  pluginDirectory: string,
): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--root-ca-file=${certificates.caFile}`,
    `--service-account-private-key-file=${certificates.serviceAccountPrivateKeyFile}`,
    '--use-service-account-credentials=true',
    // Each controller asks for a ServiceAccount and a token: at the default of 20 calls a second that takes 4 s.
    '--kube-api-qps=500',
    '--kube-api-burst=500',
    // A new node is tainted as not ready until this has passed.
    '--node-monitor-period=500ms',
    '--leader-elect=false',
    '--secure-port=0',
    // The default lies in /usr/libexec, which would be created.
    `--flex-volume-plugin-dir=${pluginDirectory}`,
  ]
}

export function schedulerArguments(kubeconfig: string): string[] {
  return [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0']
}
