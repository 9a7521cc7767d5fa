// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isIP } from 'node:net'
import {
  type Environment,
  oneOf,
  optionalText,
  readConfig,
  text,
  type Variable,
} from '@patchswarm/swarm/config'

/** Everything that the operator tells a Pod of ours; the programs have no path of their own. */
export interface Config {
  role: 'agent' | 'seeder'
  profile: string
  trackerAddresses: string[]
  trackerPeerIds: string[]
  tokenFile: string
  cacheDirectory: string
  listenAddress: string
  port: number
  adminAddress: string
  adminPort: number
  allowedCidrs: string[]
  mdns: boolean
  staticPeers: string[]
  roots: Root[]
  /** Undefined where the profile gives the seeder none. */
  importDirectory: string | undefined
  /** What the operator and metrics are told that this program is. */
  version: string
  logLevel: string
}

/** A folder of the node below which files may be delivered, and where it is mounted here. */
export interface Root {
  path: string
  mount: string
}

/** @throws ConfigError with every problem: which variable, what was found, what to write instead */
export function parseConfig(environment: Environment): Config {
  return readConfig<Config>(environment, {
    role: oneOf('PATCHSWARM_ROLE', ['agent', 'seeder']),
    profile: text('PATCHSWARM_PROFILE', 'the name of the P2PProfile'),
    trackerAddresses: list('PATCHSWARM_TRACKER', 'host:port of the tracker, several with commas between'),
    trackerPeerIds: list(
      'PATCHSWARM_TRACKER_PEER_ID',
      "the operator's peer ID, two with a comma between while its key is changed",
    ),
    tokenFile: text('PATCHSWARM_TOKEN_FILE', 'the path of the projected ServiceAccount token'),
    cacheDirectory: text('PATCHSWARM_CACHE_DIR', 'the path of the cache directory'),
    listenAddress: address('PATCHSWARM_LISTEN_ADDRESS'),
    port: port('PATCHSWARM_PORT'),
    adminAddress: address('PATCHSWARM_ADMIN_ADDRESS'),
    adminPort: port('PATCHSWARM_ADMIN_PORT'),
    allowedCidrs: list('PATCHSWARM_ALLOWED_CIDRS', 'address ranges, for example 10.0.0.0/8,192.168.0.0/16'),
    mdns: flag('PATCHSWARM_MDNS', true),
    staticPeers: list('PATCHSWARM_STATIC_PEERS', 'multiaddrs with /p2p/, with commas between', []),
    roots: roots('PATCHSWARM_ROOTS'),
    importDirectory: optionalText('PATCHSWARM_IMPORT_DIR', 'the path of the import folder'),
    // Of the image; programs that run from source are of the version to come.
    version: text('PATCHSWARM_VERSION', 'a version', '0.1.0'),
    logLevel: oneOf('PATCHSWARM_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error'], 'info'),
  })
}

const split = (found: string): string[] =>
  found
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const list = (name: string, expected: string, fallback?: string[]): Variable<string[]> => ({
  name,
  expected,
  parse: split,
  ...(fallback && { fallback: { value: fallback } }),
})

const address = (name: string): Variable<string> => ({
  name,
  expected: 'an IP address of this host',
  parse: (found) => (isIP(found) === 0 ? undefined : found),
})

const port = (name: string): Variable<number> => ({
  name,
  expected: 'a port from 1 to 65535',
  parse: (found) =>
    /^\d{1,5}$/.test(found) && Number(found) > 0 && Number(found) < 65_536 ? Number(found) : undefined,
})

const flag = (name: string, fallback: boolean): Variable<boolean> => ({
  name,
  expected: 'true or false',
  parse: (found) => (found === 'true' ? true : found === 'false' ? false : undefined),
  fallback: { value: fallback },
})

/** "path on the node=path here", with commas between. */
const roots = (name: string): Variable<Root[]> => ({
  name,
  expected: 'pairs like /opt/patches=/host/opt/patches, with commas between',
  fallback: { value: [] },
  parse(found) {
    const pairs = split(found).map((pair) => pair.split('='))
    if (!pairs.every((pair) => pair.length === 2 && pair.every((path) => path.startsWith('/'))))
      return undefined
    return pairs.map(([path = '', mount = '']) => ({ path, mount }))
  },
})
