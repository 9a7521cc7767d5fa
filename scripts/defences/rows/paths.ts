// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Defence } from '../defence.ts'

/** Where on a node something may be written. */
export const paths: readonly Defence[] = [
  {
    against: 'a directory outside the allowed roots, whatever the operator says',
    file: 'swarm/src/delivery/target.ts',
    take: '.filter(({ parts }) => parts.every((part, index) => components[index] === part))',
    put: '',
    test: {
      file: 'swarm/src/delivery/target.test.ts',
      title: 'refuses a directory that is $name',
      row: 'outside',
    },
  },
  {
    against: 'a directory that climbs out of its root',
    file: 'swarm/src/delivery/target.ts',
    take: "if (components.some((component) => component === '.' || component === '..')) {",
    put: 'if (false) {',
    test: {
      file: 'swarm/src/delivery/deliver.test.ts',
      title: 'outside the roots, or with .. in the directory',
    },
  },
  {
    against: 'a symbolic link on the way that leads out of the root',
    file: 'swarm/src/delivery/directory.ts',
    take: ' | constants.O_NOFOLLOW',
    put: '',
    test: { file: 'swarm/src/delivery/deliver.test.ts', title: 'through a symbolic link on the way' },
  },
  {
    against: 'a name of a file that is a path',
    file: 'swarm/src/delivery/target.ts',
    take: "name.includes('/') || ",
    put: '',
    test: { file: 'swarm/src/delivery/target.test.ts', title: 'is not "%s"', row: 'a/b' },
  },
]
