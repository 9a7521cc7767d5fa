// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { p2pProfile } from '../objects.ts'
import { conflict, invalid, notAllChecked, type SpecRule } from './spec-rule.ts'

const refusedPort = (instead: number) =>
  `is a port that nodes use for themselves (22, 23, 2379, 2380, 5514, 6443, 7001, 10250, 10256, 30000-32767, 48081-48086): write another one, such as ${instead}`

const refusedFolder = (instead: string) =>
  `must not be /, /var, /var/lib, /etc, /proc, /sys, /dev, /boot, /var/lib/kubelet, /etc/kubernetes or /var/lib/etcd, or lie below one of the last eight: write a folder of its own, such as ${instead}`

const peerId = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

const ports = [22, 23, 2379, 2380, 5514, 6443, 7001, 10250, 10256, 30000, 32767, 48081, 48086].map(
  (port): SpecRule => ({
    name: `transport port ${port}, which nodes need`,
    object: p2pProfile({ transport: { port } }),
    message: invalid('spec.transport.port', port, refusedPort(4001)),
  }),
)

const refusedRoots = [
  '/',
  '/var/lib/etcd',
  '/etc',
  '/proc/1',
  '/sys',
  '/dev/shm',
  '/boot',
  '/var/lib/kubelet/pods',
  '/etc/kubernetes',
].map(
  (path): SpecRule => ({
    name: `root ${path}, which belongs to the system`,
    object: p2pProfile({ delivery: { allowedRoots: [{ path }] } }),
    message: invalid('spec.delivery.allowedRoots[0].path', path, refusedFolder('/opt/patches')),
  }),
)

const unclearRoots = [
  'opt/patches',
  '/opt/../etc',
  '/opt//patches',
  '/opt/./patches',
  '/opt/patches/',
  '/opt/a,b',
  '/opt/a=b',
  '/opt/a b',
].map(
  (path): SpecRule => ({
    name: `root "${path}", which is no clear path`,
    object: p2pProfile({ delivery: { allowedRoots: [{ path }] } }),
    message: invalid(
      'spec.delivery.allowedRoots[0].path',
      path,
      "must be an absolute path of letters, digits and . _ @ + - without '//', '.', '..' and '/' at the end, such as /opt/patches",
    ),
  }),
)

const labels = ['store/', '/store', 'Store.example/zone', 'store number', '-store'].map(
  (siteLabel): SpecRule => ({
    name: `site label "${siteLabel}"`,
    object: p2pProfile({ siteLabel }),
    message: invalid(
      'spec.siteLabel',
      siteLabel,
      'must be the key of a node label, such as topology.kubernetes.io/zone or example.com/store, or empty for one site',
    ),
  }),
)

const replacements = [0, '0%', '101%', '5', 'all'].map(
  (maxUnavailable): SpecRule => ({
    name: `maxUnavailable ${JSON.stringify(maxUnavailable)}`,
    object: p2pProfile({ updateStrategy: { maxUnavailable } }),
    message: invalid(
      'spec.updateStrategy.maxUnavailable',
      maxUnavailable,
      'must be a number of at least 1 or a percentage from 1% to 100%, such as 10 or 25%',
    ),
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

const wrongRate =
  'must be at least 100kbit, in whole kbit, Mbit or Gbit a second, such as 500kbit, 100Mbit or 1Gbit'

const rates = ['100', '12MiB', '99kbit', '1.5Mbit', '0Mbit', 'Unlimited'].map(
  (upload): SpecRule => ({
    name: `upload ${upload}`,
    object: p2pProfile({ bandwidth: { upload } }),
    message: invalid('spec.bandwidth.upload', upload, wrongRate),
  }),
)

const hours = { start: '08:00', end: '18:00', upload: '20Mbit' }
const windows = (change: object) => p2pProfile({ bandwidth: { windows: [{ ...hours, ...change }] } })

const wrongZone = 'must be a time zone of the IANA database, such as Europe/Berlin or Etc/UTC'

const timeZones = ['CEST', '+02:00', 'Local'].map(
  (timeZone): SpecRule => ({
    name: `time zone ${timeZone}`,
    object: windows({ timeZone }),
    message: invalid('spec.bandwidth.windows[0].timeZone', timeZone, wrongZone),
  }),
)

const bandwidthRules: SpecRule[] = [
  ...rates,
  ...timeZones,
  ...['download', 'origin'].map((name) => ({
    name: `${name} without a unit`,
    object: p2pProfile({ bandwidth: { [name]: '1' } }),
    message: invalid(`spec.bandwidth.${name}`, '1', wrongRate),
  })),
  {
    name: 'a limit without a unit in a window',
    object: windows({ upload: '20' }),
    message: invalid('spec.bandwidth.windows[0].upload', '20', `${wrongRate}, or Unlimited`),
  },
  {
    name: 'a window that begins at 8:00',
    object: windows({ start: '8:00' }),
    message: invalid(
      'spec.bandwidth.windows[0].start',
      '8:00',
      'must be a time from 00:00 to 23:59 with two digits each, such as 08:00',
    ),
  },
  {
    name: 'a window that ends at 24:01',
    object: windows({ end: '24:01' }),
    message: invalid(
      'spec.bandwidth.windows[0].end',
      '24:01',
      'must be a time from 00:00 to 24:00 with two digits each, such as 18:00',
    ),
  },
  {
    name: 'a window that ends when it begins',
    object: windows({ end: '08:00' }),
    message: conflict(
      'spec.bandwidth.windows[0].end',
      'must differ from start: for whole days write start "00:00" and end "24:00"',
    ),
  },
  {
    name: 'a window that changes nothing',
    object: p2pProfile({ bandwidth: { windows: [{ start: '08:00', end: '18:00' }] } }),
    message: conflict('spec.bandwidth.windows[0]', 'changes nothing: write upload, download or origin'),
  },
  {
    name: 'a time zone that there is not',
    object: windows({ timeZone: 'Europe/Berln' }),
    message: invalid(
      'spec.bandwidth.windows[0].timeZone',
      'string',
      `unknown time zone Europe/Berln evaluating rule: ${wrongZone}`,
    ),
  },
  {
    name: 'a window on a day that there is not',
    object: windows({ days: ['Monday'] }),
    message: `spec.bandwidth.windows[0].days[0]: Unsupported value: "Monday": supported values: "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"${notAllChecked}`,
  },
]

/** Rules of P2PProfile. */
export const p2pProfileRules: SpecRule[] = [
  ...ports,
  ...refusedRoots,
  ...unclearRoots,
  ...labels,
  ...replacements,
  ...cidrs,
  ...multiaddrs,
  ...bandwidthRules,
  {
    name: 'root /var/lib, which holds folders of the system',
    object: p2pProfile({ cache: { hostPath: '/data' }, delivery: { allowedRoots: [{ path: '/var/lib' }] } }),
    message: invalid('spec.delivery.allowedRoots[0].path', '/var/lib', refusedFolder('/opt/patches')),
  },
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
    name: 'a root below another one',
    object: p2pProfile({ delivery: { allowedRoots: [{ path: '/opt/a/b' }, { path: '/opt/a' }] } }),
    message: conflict(
      'spec.delivery.allowedRoots',
      'no root may lie below another one: leave out the inner or the outer one',
    ),
  },
  ...['/var/lib/patchswarm', '/var/lib/patchswarm/files'].map((path) => ({
    name: `root ${path}, in the cache`,
    object: p2pProfile({ delivery: { allowedRoots: [{ path }] } }),
    message: conflict(
      'spec.delivery.allowedRoots',
      "must not hold the cache folder (cache.hostPath), lie in it or be above it: files would be written into the agents' own store; write another root or another cache folder",
    ),
  })),
  {
    name: 'a root above the cache',
    object: p2pProfile({
      cache: { hostPath: '/data/cache' },
      delivery: { allowedRoots: [{ path: '/data' }] },
    }),
    message: conflict(
      'spec.delivery.allowedRoots',
      "must not hold the cache folder (cache.hostPath), lie in it or be above it: files would be written into the agents' own store; write another root or another cache folder",
    ),
  },
  {
    name: 'the same root twice',
    object: p2pProfile({ delivery: { allowedRoots: [{ path: '/opt/a' }, { path: '/opt/a' }] } }),
    message: 'spec.delivery.allowedRoots[1]: Duplicate value: {"path":"/opt/a"}',
  },
  {
    name: 'a cache in a folder of the system',
    object: p2pProfile({ cache: { hostPath: '/etc/patchswarm' } }),
    message: invalid('spec.cache.hostPath', '/etc/patchswarm', refusedFolder('/var/lib/patchswarm')),
  },
  ...['minSize', 'maxSize', 'minFree'].flatMap((field) =>
    ['10GB', '-1Gi', '1e3', 'much'].map((value) => ({
      name: `cache.${field} ${value}`,
      object: p2pProfile({ cache: { [field]: value } }),
      message: invalid(`spec.cache.${field}`, value, 'must be a size in bytes such as 20Gi, 1.5Gi or 500M'),
    })),
  ),
  {
    name: 'a least cache that is more than the most',
    object: p2pProfile({ cache: { minSize: '20Gi', maxSize: '10Gi' } }),
    message: conflict(
      'spec.cache.minSize',
      'must not be more than maxSize: write a smaller minSize or a larger maxSize',
    ),
  },
  {
    name: 'a retention of less than nothing',
    object: p2pProfile({ cache: { retentionDays: -1 } }),
    message: invalid(
      'spec.cache.retentionDays',
      -1,
      'spec.cache.retentionDays in body should be greater than or equal to 0',
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
  {
    name: 'readers that nobody knows',
    object: p2pProfile({ origin: { access: 'Everybody' } }),
    message: `spec.origin.access: Unsupported value: "Everybody": supported values: "Seeders", "Agents"${notAllChecked}`,
  },
  {
    name: 'a fallback that nobody knows',
    object: p2pProfile({ origin: { fallback: 'Always' } }),
    message: `spec.origin.fallback: Unsupported value: "Always": supported values: "Never", "AfterStall"${notAllChecked}`,
  },
  ...[
    { name: 'seeders', spec: { origin: { perSite: true } } },
    { name: 'no sites', spec: { siteLabel: '', origin: { access: 'Agents', perSite: true } } },
  ].map(
    ({ name, spec }): SpecRule => ({
      name: `reading by site with ${name}`,
      object: p2pProfile(spec),
      message: conflict(
        'spec.origin.perSite',
        'needs agents that read and sites they are in: write origin.access: Agents and a siteLabel as well',
      ),
    }),
  ),
  {
    name: 'a fallback without patience',
    object: p2pProfile({ origin: { fallback: 'AfterStall', stallSeconds: 1 } }),
    message: invalid(
      'spec.origin.stallSeconds',
      1,
      'spec.origin.stallSeconds in body should be greater than or equal to 5',
    ),
  },
  ...['https://example.com', 'example.com:443', 'Example.com', '10.0.0.1/8', '*.', 'a..b', '300.1.2.3'].map(
    (domain): SpecRule => ({
      name: `a place for sources that is none: ${domain}`,
      object: p2pProfile({ origin: { allowedDomains: [domain] } }),
      message: invalid(
        'spec.origin.allowedDomains[0]',
        domain,
        "must be a host name in small letters such as downloads.example.com or *.example.com, '*', an IP address, or a network without host bits such as 10.96.0.0/12; no scheme, port or path",
      ),
    }),
  ),
  {
    name: 'an import folder with the keys of the cluster',
    object: p2pProfile({ seeder: { import: { hostPath: '/etc/kubernetes/pki', node: 'n1' } } }),
    message: invalid(
      'spec.seeder.import.hostPath',
      '/etc/kubernetes/pki',
      'must not be /, /var, /var/lib, /etc, /proc, /sys, /dev, /boot, /var/lib/kubelet, /etc/kubernetes or /var/lib/etcd, or lie below one of the last eight: write a folder of its own, such as /srv/patchswarm-import',
    ),
  },
  {
    name: 'a version of TLS that is not spoken any more',
    object: p2pProfile({ origin: { tlsMinVersion: '1.0' } } as never),
    message: `spec.origin.tlsMinVersion: Unsupported value: "1.0": supported values: "1.2", "1.3"${notAllChecked}`,
  },
  {
    name: 'a selector that needs values',
    object: p2pProfile({ allowedNamespaces: { matchExpressions: [{ key: 'team', operator: 'In' }] } }),
    message: conflict(
      'spec.allowedNamespaces.matchExpressions[0]',
      'operators In and NotIn need at least one of `values`, Exists and DoesNotExist take none',
    ),
  },
  {
    name: 'a toleration of every taint by mistake',
    object: p2pProfile({ tolerations: [{ operator: 'Equal', value: 'x' }] }),
    message: conflict(
      'spec.tolerations[0]',
      'an empty key tolerates every taint and needs `operator: Exists`: write it, or write the key',
    ),
  },
  {
    name: 'a profile name that no Service could carry',
    object: p2pProfile({}, 'a.b'),
    message: conflict(
      '<nil>',
      "metadata.name must be 1 to 32 lower-case letters, digits and '-', beginning and ending with a letter or digit, because Services and labels carry it: write a name such as default",
    ),
  },
]
