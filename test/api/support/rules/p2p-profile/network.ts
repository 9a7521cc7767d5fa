// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { p2pProfile } from '../../objects.ts'
import { conflict, invalid, type SpecRule } from '../spec-rule.ts'

const refusedPort = (instead: number) =>
  `is a port that nodes use for themselves (22, 23, 2379, 2380, 5514, 6443, 7001, 10250, 10256, 30000-32767, 48081-48086): write another one, such as ${instead}`

const peerId = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

const ports = [22, 23, 2379, 2380, 5514, 6443, 7001, 10250, 10256, 30000, 32767, 48081, 48086].map(
  (port): SpecRule => ({
    name: `transport port ${port}, which nodes need`,
    object: p2pProfile({ transport: { port } }),
    message: invalid('spec.transport.port', port, refusedPort(4001)),
  }),
)

const cidrs = ['10.0.0.0', '10.0.0.1/8', 'lan', '10.0.0.0/33'].map(
  (cidr): SpecRule => ({
    name: `network ${cidr}`,
    object: p2pProfile({ transport: { allowedCIDRs: [cidr] } }),
    message: invalid(
      'spec.transport.allowedCIDRs[0]',
      cidr,
      'must be a network in CIDR form without host bits, such as 10.0.0.0/8 or fd00::/8',
    ),
  }),
)

const multiaddrs = [
  '10.0.0.7:4001',
  '/ip4/10.0.0.7/tcp/4001',
  `/dns4/peer.example.com/tcp/4001/p2p/${peerId}`,
  `/ip4/fd00::7/tcp/4001/p2p/${peerId}`,
  `/ip6/10.0.0.7/tcp/4001/p2p/${peerId}`,
  '/ip4/10.0.0.7/tcp/4001/p2p/12D3KooWx',
].map(
  (multiaddr): SpecRule => ({
    name: `static peer ${multiaddr.slice(0, 30)}`,
    object: p2pProfile({ discovery: { static: [multiaddr] } }),
    message: invalid(
      'spec.discovery.static[0]',
      multiaddr,
      `must be a multiaddr of an IP address, a TCP port and an Ed25519 peer ID, such as /ip4/10.0.0.7/tcp/4001/p2p/${peerId}`,
    ),
  }),
)

/** Rules of a P2PProfile on ports, networks and peers. */
export const networkRules: SpecRule[] = [
  ...ports,
  ...cidrs,
  ...multiaddrs,
  {
    name: 'the same port twice',
    object: p2pProfile({ transport: { port: 5001 } }),
    message: conflict(
      'spec.admin.port',
      'must differ from transport.port: each port can be used once; write another one, such as 5001',
    ),
  },
  {
    name: 'admin port 10250, which the kubelet needs',
    object: p2pProfile({ admin: { port: 10250 } }),
    message: invalid('spec.admin.port', 10250, refusedPort(5001)),
  },
  {
    name: 'port 0',
    object: p2pProfile({ transport: { port: 0 } }),
    message: invalid(
      'spec.transport.port',
      0,
      'spec.transport.port in body should be greater than or equal to 1',
    ),
  },
  {
    name: 'port 65536',
    object: p2pProfile({ transport: { port: 65536 } }),
    message: invalid(
      'spec.transport.port',
      65536,
      'spec.transport.port in body should be less than or equal to 65535',
    ),
  },
  {
    name: 'an admin port open to every network',
    object: p2pProfile({ admin: { bindAddress: '0.0.0.0' } }),
    message: invalid(
      'spec.admin.bindAddress',
      '0.0.0.0',
      'must be NodeIP or an IP address of the node other than 0.0.0.0 and ::, such as 127.0.0.1',
    ),
  },
  {
    name: 'an admitted peer that is no peer ID',
    object: p2pProfile({ peers: { admit: ['helia'] } }),
    message: invalid(
      'spec.peers.admit[0]',
      'helia',
      `must be a peer ID in base58 as \`ipfs id\` prints it, such as ${peerId}`,
    ),
  },
]
