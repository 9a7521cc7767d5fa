// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, expectTypeOf, test } from 'vitest'
import type { HostPort } from './host-port.ts'
import { ConfigError, hostPort, hostPorts, oneOf, optionalText, readConfig, text } from './read-config.ts'

const specification = {
  kubeconfig: optionalText('KUBECONFIG', 'the path of a kubeconfig'),
  namespace: text('PATCHSWARM_NAMESPACE', 'a namespace', 'patchswarm-system'),
  image: text('PATCHSWARM_AGENT_IMAGE', "the agents' image"),
  listen: hostPort('PATCHSWARM_TRACKER_LISTEN', 'where agents connect'),
  addresses: hostPorts('PATCHSWARM_TRACKER_ADDRESS', 'what agents are told'),
  level: oneOf('PATCHSWARM_LOG_LEVEL', ['debug', 'info'], 'info'),
}
const complete = {
  PATCHSWARM_AGENT_IMAGE: 'patchswarm/agent:1',
  PATCHSWARM_TRACKER_LISTEN: '0.0.0.0:7443',
  PATCHSWARM_TRACKER_ADDRESS: 'tracker-0.patchswarm:7443, [fd00::1]:7443',
}

test('a complete environment becomes a typed value', () => {
  const config = readConfig(complete, specification)
  expectTypeOf(config.level).toEqualTypeOf<'debug' | 'info'>()
  expectTypeOf(config.listen).toEqualTypeOf<HostPort>()
  expectTypeOf(config.kubeconfig).toEqualTypeOf<string | undefined>()
  expect(config).toEqual({
    namespace: 'patchswarm-system',
    image: 'patchswarm/agent:1',
    listen: { host: '0.0.0.0', port: 7443 },
    addresses: [
      { host: 'tracker-0.patchswarm', port: 7443 },
      { host: 'fd00::1', port: 7443 },
    ],
    level: 'info',
  })
})

test('all problems come at once, each with what was found and what to write', () => {
  const environment = {
    PATCHSWARM_TRACKER_LISTEN: '7443',
    PATCHSWARM_LOG_LEVEL: 'loud',
    PATCHSWARM_AGENT_IMAGE: ' ',
  }
  const error = (() => {
    try {
      return readConfig(environment, specification)
    } catch (error) {
      return error
    }
  })()
  expect(error).toBeInstanceOf(ConfigError)
  expect((error as ConfigError).problems.map(({ variable, found }) => [variable, found])).toEqual([
    ['PATCHSWARM_AGENT_IMAGE', undefined],
    ['PATCHSWARM_TRACKER_LISTEN', '7443'],
    ['PATCHSWARM_TRACKER_ADDRESS', undefined],
    ['PATCHSWARM_LOG_LEVEL', 'loud'],
  ])
  expect((error as ConfigError).message).toContain(
    'PATCHSWARM_TRACKER_LISTEN is "7443": set it to where agents connect as host:port, for example 0.0.0.0:7443',
  )
  expect((error as ConfigError).message).toContain(
    'PATCHSWARM_LOG_LEVEL is "loud": set it to one of debug, info',
  )
})
