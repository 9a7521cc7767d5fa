// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { p2pProfile } from '../../objects.ts'
import { conflict, invalid, type SpecRule } from '../spec-rule.ts'

const refusedFolder = (instead: string) =>
  `must not be /, /var, /var/lib, /etc, /proc, /sys, /dev, /boot, /var/lib/kubelet, /etc/kubernetes or /var/lib/etcd, or lie below one of the last eight: write a folder of its own, such as ${instead}`

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

/** Rules of a P2PProfile on the folders of nodes. */
export const folderRules: SpecRule[] = [
  ...refusedRoots,
  ...unclearRoots,
  {
    name: 'root /var/lib, which holds folders of the system',
    object: p2pProfile({ cache: { hostPath: '/data' }, delivery: { allowedRoots: [{ path: '/var/lib' }] } }),
    message: invalid('spec.delivery.allowedRoots[0].path', '/var/lib', refusedFolder('/opt/patches')),
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
    name: 'an import folder with the keys of the cluster',
    object: p2pProfile({ seeder: { import: { hostPath: '/etc/kubernetes/pki', node: 'n1' } } }),
    message: invalid(
      'spec.seeder.import.hostPath',
      '/etc/kubernetes/pki',
      'must not be /, /var, /var/lib, /etc, /proc, /sys, /dev, /boot, /var/lib/kubelet, /etc/kubernetes or /var/lib/etcd, or lie below one of the last eight: write a folder of its own, such as /srv/patchswarm-import',
    ),
  },
]
