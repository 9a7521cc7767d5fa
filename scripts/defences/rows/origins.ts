// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Defence } from '../defence.ts'

/** What is read from where, and how often. */
export const origins: readonly Defence[] = [
  {
    against: 'more bytes from an origin than its budget',
    file: 'operator/src/tracker/budget.ts',
    take: '{ length: Math.min(wanted, left) } : exhausted(artifact, size)',
    put: '{ length: wanted } : { length: wanted }',
    test: {
      file: 'operator/src/tracker/budget.test.ts',
      title: 'whatever is asked in whatever order, the sum of grants stays within the budget',
    },
  },
  {
    against: 'a source that leads to the machine itself',
    file: 'swarm/src/destination/internal-address.ts',
    take: "'127.0.0.0/8', ",
    put: '',
    test: {
      file: 'swarm/src/destination/destination-rules.test.ts',
      title: '%s is refused as %s',
      row: '127.0.0.1',
    },
  },
  {
    against: 'a source that leads to the metadata of a cloud',
    file: 'swarm/src/destination/destination-rules.ts',
    take: 'internalKind(ip) ?? ',
    put: '',
    test: {
      file: 'swarm/src/destination/destination-rules.test.ts',
      title: '%s is refused as %s',
      row: '169.254.169.254',
    },
  },
  {
    against: 'a name that leads to such an address when the connection is made',
    file: 'swarm/src/origin/checked-lookup.ts',
    take: 'refusals[index] === undefined',
    put: 'true',
    test: {
      file: 'swarm/src/origin/checked-lookup.test.ts',
      title: 'a name that leads only to addresses that may not be asked is refused',
    },
  },
]
