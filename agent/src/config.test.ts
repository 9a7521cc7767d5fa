// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { ConfigError } from '@patchswarm/swarm/config'
import { describe, expect, test } from 'vitest'
import { parseConfig } from './config.ts'

const good = {
  PATCHSWARM_ROLE: 'agent',
  PATCHSWARM_PROFILE: 'lab',
  PATCHSWARM_TRACKER: '127.0.0.1:7443, tracker.example:7443',
  PATCHSWARM_TRACKER_PEER_ID: '12D3KooWold,12D3KooWnew',
  PATCHSWARM_TOKEN_FILE: '/token',
  PATCHSWARM_CACHE_DIR: '/cache',
  PATCHSWARM_LISTEN_ADDRESS: '127.0.0.2',
  PATCHSWARM_PORT: '4001',
  PATCHSWARM_ADMIN_ADDRESS: '127.0.0.1',
  PATCHSWARM_ADMIN_PORT: '5001',
  PATCHSWARM_ALLOWED_CIDRS: '127.0.0.0/8',
}

describe('the configuration of an agent', () => {
  test('is read from what the operator sets, with roots mapped to their mounts', () => {
    const config = parseConfig({ ...good, PATCHSWARM_ROOTS: '/opt/patches=/host/0,/srv=/host/1' })
    expect(config).toMatchObject({ role: 'agent', port: 4001, mdns: true, staticPeers: [] })
    expect(config.trackerAddresses).toEqual(['127.0.0.1:7443', 'tracker.example:7443'])
    expect(config.trackerPeerIds).toEqual(['12D3KooWold', '12D3KooWnew'])
    expect(config.roots).toEqual([
      { path: '/opt/patches', mount: '/host/0' },
      { path: '/srv', mount: '/host/1' },
    ])
  })

  test.for([
    ['PATCHSWARM_ROLE', 'gateway', /PATCHSWARM_ROLE is "gateway": set it to one of agent, seeder/],
    ['PATCHSWARM_PORT', '70000', /PATCHSWARM_PORT is "70000": set it to a port from 1 to 65535/],
    ['PATCHSWARM_LISTEN_ADDRESS', 'localhost', /an IP address/],
    ['PATCHSWARM_ROOTS', '/opt/patches', /pairs like/],
    ['PATCHSWARM_MDNS', 'yes', /true or false/],
    ['PATCHSWARM_TOKEN_FILE', '', /PATCHSWARM_TOKEN_FILE is missing/],
  ] as const)('refuses %s=%s and says what to write', ([name, value, message]) => {
    expect(() => parseConfig({ ...good, [name]: value })).toThrow(message)
  })

  test('names every problem at once', () => {
    const problems = () => parseConfig({})
    expect(problems).toThrow(ConfigError)
    expect(problems).toThrow(/PATCHSWARM_ROLE[\s\S]*PATCHSWARM_ALLOWED_CIDRS/)
  })
})
