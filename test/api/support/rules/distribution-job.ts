// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { distributionJob, nodeDistribution } from '../objects.ts'
import { conflict, invalid, notAllChecked, type SpecRule } from './spec-rule.ts'

const unclearDirectories = [
  'patches',
  '/',
  '/opt/../etc',
  '/opt/..',
  '/opt//x',
  '/opt/patches/',
  '/opt/a\nb',
].map(
  (directory): SpecRule => ({
    name: `directory ${JSON.stringify(directory)}, which is no clear path`,
    object: distributionJob({ delivery: { directory } }),
    message: invalid(
      'spec.delivery.directory',
      directory,
      "must be an absolute path without '//', '.', '..' and '/' at the end, such as /opt/patches/base",
    ),
  }),
)

const modes = ['4755', '1777', '0648', '644 ', 'rw-r--r--', '7'].map(
  (mode): SpecRule => ({
    name: `mode ${JSON.stringify(mode)}`,
    object: distributionJob({ delivery: { directory: '/opt/patches', mode } }),
    message: invalid(
      'spec.delivery.mode',
      mode,
      'must be three octal digits from 0000 to 0777 between quotes (no set-user-ID bits), such as "0644"',
    ),
  }),
)

const paces = [0, -1, '0%', '101%', '5', 'all'].map(
  (maxConcurrent): SpecRule => ({
    name: `maxConcurrent ${JSON.stringify(maxConcurrent)}`,
    object: distributionJob({ rollout: { maxConcurrent } }),
    message: invalid(
      'spec.rollout.maxConcurrent',
      maxConcurrent,
      'must be a number of at least 1 or a percentage from 1% to 100%, such as 10 or 25%',
    ),
  }),
)

const timeouts = ['stallTimeoutSeconds', 'progressDeadlineSeconds'].map(
  (field): SpecRule => ({
    name: `${field} 0`,
    object: distributionJob({ rollout: { [field]: 0 } }),
    message: `spec.rollout.${field}: Invalid value: 0: spec.rollout.${field} in body should be greater than or equal to 1`,
  }),
)

const thresholds = [0, -1, '0%', '101%', 'some'].map(
  (failureThreshold): SpecRule => ({
    name: `failureThreshold ${JSON.stringify(failureThreshold)}`,
    object: distributionJob({ rollout: { failureThreshold } }),
    message: invalid(
      'spec.rollout.failureThreshold',
      failureThreshold,
      'must be a number of at least 1 or a percentage from 1% to 100%, such as 1 or 5%',
    ),
  }),
)

const waves = [
  { name: 'a wave without nodes', wave: { name: 'a' } },
  { name: 'a wave with both nodes and a selector', wave: { name: 'a', nodes: 1, selector: {} } },
].map(
  ({ name, wave }): SpecRule => ({
    name,
    object: distributionJob({ rollout: { waves: [wave] } }),
    message: conflict(
      'spec.rollout.waves[0]',
      'needs exactly one of `nodes` (how many) and `selector` (which), such as nodes: 10%',
    ),
  }),
)

const waveNames = ['rest', 'Canary', '-a'].map(
  (name): SpecRule => ({
    name: `a wave named ${name}`,
    object: distributionJob({ rollout: { waves: [{ name, nodes: 1 }] } }),
    message: invalid(
      'spec.rollout.waves[0].name',
      name,
      "must be at most 63 lower-case letters, digits and '-', and not `rest`, which is the wave of all others; such as canary",
    ),
  }),
)

const windowRules: SpecRule[] = [
  {
    field: 'start',
    window: { start: '8:00', end: '10:00' },
    value: '8:00',
    says: 'must be a time from 00:00 to 23:59 with two digits each, such as 08:00',
  },
  {
    field: 'start',
    window: { start: '24:00', end: '10:00' },
    value: '24:00',
    says: 'must be a time from 00:00 to 23:59 with two digits each, such as 08:00',
  },
  {
    field: 'end',
    window: { start: '08:00', end: '25:00' },
    value: '25:00',
    says: 'must be a time from 00:00 to 24:00 with two digits each, such as 18:00',
  },
  {
    field: 'timeZone',
    window: { start: '08:00', end: '10:00', timeZone: 'Berlin' },
    value: 'Berlin',
    says: 'must be a time zone of the IANA database, such as Europe/Berlin or Etc/UTC',
  },
].map(({ field, window, value, says }) => ({
  name: `a window whose ${field} is ${value}`,
  object: distributionJob({ schedule: { windows: [window] } }),
  message: invalid(`spec.schedule.windows[0].${field}`, value, says),
}))

/** Rules of DistributionJob and NodeDistribution. */
export const distributionJobRules: SpecRule[] = [
  ...unclearDirectories,
  ...modes,
  ...paces,
  ...thresholds,
  ...timeouts,
  {
    name: 'a delivery without a directory',
    object: distributionJob({ delivery: {} }),
    message:
      'spec.delivery: Invalid value: needs a directory, such as /opt/patches/base; only method CacheOnly writes into none',
  },
  {
    name: 'a directory in which nothing is to be written',
    object: distributionJob({ delivery: { directory: '/opt/patches', method: 'CacheOnly' } }),
    message:
      'spec.delivery.directory: Invalid value: is of no use with method CacheOnly, which writes nothing: leave it out',
  },
  {
    name: 'an unknown method',
    object: distributionJob({ delivery: { directory: '/opt/patches', method: 'Link' } }),
    message: `spec.delivery.method: Unsupported value: "Link": supported values: "Auto", "Copy", "CacheOnly"${notAllChecked}`,
  },
  {
    name: 'an annotation that no Node could have',
    object: distributionJob({ handOver: { nodeAnnotation: 'kubernetes.io/kernel' } }),
    message: invalid(
      'spec.handOver.nodeAnnotation',
      'kubernetes.io/kernel',
      "must be at most 63 letters, digits, '-', '_' and '.', such as kernel",
    ),
  },
  {
    name: 'no version at all',
    object: distributionJob({ delivery: { directory: '/opt/patches', keepVersions: 0 } }),
    message: invalid(
      'spec.delivery.keepVersions',
      0,
      'spec.delivery.keepVersions in body should be greater than or equal to 1',
    ),
  },
  {
    name: 'a time to live of a job that never ends',
    object: distributionJob({ completionPolicy: 'KeepCurrent', ttlSecondsAfterFinished: 60 }),
    message:
      'spec.ttlSecondsAfterFinished: Invalid value: is of no use with completionPolicy KeepCurrent, for such a job never ends: leave it out',
  },
  {
    name: 'a job that replaces itself',
    object: distributionJob({ delivery: { directory: '/opt/patches', replaces: 'patch-1.0' } }),
    message:
      'spec.delivery.replaces: Invalid value: must name another DistributionJob, the one whose paths this one takes over',
  },
  {
    name: 'replaces, which is no name',
    object: distributionJob({ delivery: { directory: '/opt/patches', replaces: 'The first' } }),
    message: invalid(
      'spec.delivery.replaces',
      'The first',
      "must be the name of a DistributionJob in this namespace: at most 63 lower-case letters, digits, '-' and '.', such as patch-1.0",
    ),
  },
  ...waves,
  ...waveNames,
  ...windowRules,
  {
    name: 'a wave of no nodes',
    object: distributionJob({ rollout: { waves: [{ name: 'a', nodes: 0 }] } }),
    message: invalid(
      'spec.rollout.waves[0].nodes',
      0,
      'must be a number of at least 1 or a percentage from 1% to 100%, such as 3 or 10%',
    ),
  },
  {
    name: 'two waves of one name',
    object: distributionJob({
      rollout: {
        waves: [
          { name: 'a', nodes: 1 },
          { name: 'a', nodes: 2 },
        ],
      },
    }),
    message: 'spec.rollout.waves[1]: Duplicate value: {"name":"a"}',
  },
  {
    name: 'a job name that no label could carry',
    object: distributionJob({}, 'a'.repeat(64)),
    message: conflict(
      '<nil>',
      'metadata.name must have at most 63 characters, because labels carry it: write a shorter name',
    ),
  },
  {
    name: 'an owner by name',
    object: distributionJob({ delivery: { directory: '/opt/patches', owner: 'root:root' } }),
    message: invalid(
      'spec.delivery.owner',
      'root:root',
      'must be the numbers of user and group as uid:gid between quotes, such as "1000:1000"',
    ),
  },
  {
    name: 'an owner beyond 32 bits',
    object: distributionJob({ delivery: { directory: '/opt/patches', owner: '4294967295:0' } }),
    message: invalid(
      'spec.delivery.owner',
      '4294967295:0',
      'must be the numbers of user and group as uid:gid between quotes, such as "1000:1000"',
    ),
  },
  {
    name: 'the same artifact twice',
    object: distributionJob({ artifacts: [{ name: 'a' }, { name: 'a' }] }),
    message: 'spec.artifacts[1]: Duplicate value: {"name":"a"}',
  },
  {
    name: 'an artifact in another namespace',
    object: distributionJob({ artifacts: [{ name: 'other/a' }] }),
    message: invalid(
      'spec.artifacts[0].name',
      'other/a',
      "must be the name of a PatchArtifact in this namespace: at most 63 lower-case letters, digits, '-' and '.', such as patch-1.0",
    ),
  },
  {
    name: 'a node distribution without a job',
    object: nodeDistribution({ job: undefined }),
    message: `spec.job: Required value${notAllChecked}`,
  },
]
