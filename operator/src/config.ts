// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isIP } from 'node:net'
import {
  type Environment,
  type HostPort,
  hostPort,
  hostPorts,
  oneOf,
  optionalText,
  readConfig,
  text,
  type Variable,
} from '@patchswarm/swarm/config'

export interface Config {
  /** Undefined in a Pod. */
  kubeconfig: string | undefined
  namespace: string
  /** Who this replica is in the leader election. */
  podName: string
  agentImage: string
  agentPullPolicy: (typeof pullPolicies)[number]
  /** Names of Secrets in our namespace with the registry's login. */
  agentPullSecrets: string[]
  agentPriorityClass: string | undefined
  trackerListen: HostPort
  /** What agents are told to connect to. */
  trackerAddress: HostPort[]
  http: HostPort
  /** Networks of Pods and Services beside those that the cluster names itself. */
  clusterCidrs: string[]
  logLevel: (typeof logLevels)[number]
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never'] as const
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** @throws ConfigError with everything that is wrong at once */
export function configFrom(environment: Environment): Config {
  return readConfig<Config>(environment, {
    kubeconfig: optionalText('KUBECONFIG', 'the path of a kubeconfig'),
    namespace: text('PATCHSWARM_NAMESPACE', 'the namespace that the operator runs in', 'patchswarm-system'),
    podName: text('PATCHSWARM_POD_NAME', "the Pod's name, which no other replica has"),
    agentImage: text('PATCHSWARM_AGENT_IMAGE', 'the image of agents and seeders'),
    agentPullPolicy: oneOf('PATCHSWARM_AGENT_PULL_POLICY', pullPolicies, 'IfNotPresent'),
    agentPullSecrets: names('PATCHSWARM_AGENT_PULL_SECRETS'),
    agentPriorityClass: optionalText('PATCHSWARM_AGENT_PRIORITY_CLASS', 'the name of a PriorityClass'),
    trackerListen: hostPort('PATCHSWARM_TRACKER_LISTEN', 'where agents connect', {
      host: '0.0.0.0',
      port: 7443,
    }),
    trackerAddress: hostPorts('PATCHSWARM_TRACKER_ADDRESS', 'the address that agents are told'),
    http: hostPort('PATCHSWARM_HTTP_ADDRESS', 'where health and metrics are served', {
      host: '0.0.0.0',
      port: 8080,
    }),
    clusterCidrs: networks('PATCHSWARM_CLUSTER_CIDRS'),
    logLevel: oneOf('PATCHSWARM_LOG_LEVEL', logLevels, 'info'),
  })
}

const names = (name: string): Variable<string[]> => ({
  name,
  expected: 'names with commas between',
  fallback: { value: [] },
  parse: (found) => found.split(',').map((part) => part.trim()),
})

const networks = (name: string): Variable<string[]> => ({
  name,
  expected: 'networks like 10.244.0.0/16,fd00::/48',
  fallback: { value: [] },
  parse(found) {
    const parts = found.split(',').map((part) => part.trim())
    return parts.every((part) => isIP(part.replace(/\/\d{1,3}$/, '')) !== 0 && part.includes('/'))
      ? parts
      : undefined
  },
})
