// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import {
  type Environment,
  type HostPort,
  hostPort,
  hostPorts,
  oneOf,
  optionalText,
  readConfig,
  text,
} from '@patchswarm/swarm/config'

export interface Config {
  /** Undefined in a Pod. */
  kubeconfig: string | undefined
  namespace: string
  /** Who this replica is in the leader election. */
  podName: string
  agentImage: string
  trackerListen: HostPort
  /** What agents are told to connect to. */
  trackerAddress: HostPort[]
  http: HostPort
  logLevel: (typeof logLevels)[number]
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** @throws ConfigError with everything that is wrong at once */
export function configFrom(environment: Environment): Config {
  return readConfig<Config>(environment, {
    kubeconfig: optionalText('KUBECONFIG', 'the path of a kubeconfig'),
    namespace: text('PATCHSWARM_NAMESPACE', 'the namespace that the operator runs in', 'patchswarm-system'),
    podName: text('PATCHSWARM_POD_NAME', "the Pod's name, which no other replica has"),
    agentImage: text('PATCHSWARM_AGENT_IMAGE', 'the image of agents and seeders'),
    trackerListen: hostPort('PATCHSWARM_TRACKER_LISTEN', 'where agents connect', {
      host: '0.0.0.0',
      port: 7443,
    }),
    trackerAddress: hostPorts('PATCHSWARM_TRACKER_ADDRESS', 'the address that agents are told'),
    http: hostPort('PATCHSWARM_HTTP_ADDRESS', 'where health and metrics are served', {
      host: '0.0.0.0',
      port: 8080,
    }),
    logLevel: oneOf('PATCHSWARM_LOG_LEVEL', logLevels, 'info'),
  })
}
