// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Defence } from '../defence.ts'

/** Where on a node something may be written, and by whose word. */
export const paths: readonly Defence[] = [
  {
    against: 'jobs of a namespace that the profile does not allow',
    file: 'operator/src/admission.ts',
    take: 'return selector ? matches(selector, namespace.labels) : namespace.name === operatorNamespace',
    put: 'return true',
    test: { file: 'operator/src/admission.test.ts', title: '$name', row: 'without a selector no other' },
  },
  {
    against: 'jobs that write below a root of another namespace',
    file: 'operator/src/admission.ts',
    take: '!root.namespaces?.length || root.namespaces.includes(namespace)',
    put: 'true',
    test: {
      file: 'operator/src/distribution-job/plan.test.ts',
      title: '$name',
      row: 'stalls when the root admits other namespaces only',
    },
  },
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
