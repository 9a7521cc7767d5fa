// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { configFrom } from './config.ts'

const environment = {
  PATCHSWARM_POD_NAME: 'operator-0',
  PATCHSWARM_AGENT_IMAGE: 'patchswarm/agent:1',
  PATCHSWARM_TRACKER_ADDRESS: 'operator-a:7443,operator-b:7443',
}

test('what has a default need not be said', () => {
  expect(configFrom(environment)).toEqual({
    kubeconfig: undefined,
    namespace: 'patchswarm-system',
    podName: 'operator-0',
    agentImage: 'patchswarm/agent:1',
    agentPullPolicy: 'IfNotPresent',
    agentPullSecrets: [],
    agentPriorityClass: undefined,
    trackerListen: { host: '0.0.0.0', port: 7443 },
    trackerAddress: [
      { host: 'operator-a', port: 7443 },
      { host: 'operator-b', port: 7443 },
    ],
    http: { host: '0.0.0.0', port: 8080 },
    clusterCidrs: [],
    logLevel: 'info',
  })
})

test('everything that is wrong is told at once, with what to write instead', () => {
  const read = () => configFrom({ PATCHSWARM_HTTP_ADDRESS: 'here', PATCHSWARM_LOG_LEVEL: 'loud' })
  expect(read).toThrow(/PATCHSWARM_POD_NAME is missing/)
  expect(read).toThrow(/PATCHSWARM_TRACKER_ADDRESS is missing: set it to .* as host:port/)
  expect(read).toThrow(/PATCHSWARM_HTTP_ADDRESS is "here": set it to .* host:port/)
  expect(() => configFrom({ ...environment, PATCHSWARM_CLUSTER_CIDRS: '10.0.0.0/8,x' })).toThrow(
    /PATCHSWARM_CLUSTER_CIDRS is .* set it to networks like/,
  )
  expect(read).toThrow(/PATCHSWARM_LOG_LEVEL is "loud": set it to one of trace, debug/)
})
