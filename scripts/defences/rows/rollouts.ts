// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Defence } from '../defence.ts'

const planned = (row: string) => ({
  file: 'operator/src/distribution-job/plan.test.ts',
  title: '$name',
  row,
})

/** What a job may do to the nodes at once. */
export const rollouts: readonly Defence[] = [
  {
    against: 'a node that begins after a job was halted',
    file: 'operator/src/distribution-job/plan.ts',
    take: 'if (picture.halted) return stop(halted(picture))',
    put: '',
    test: planned('halts at the threshold and starts nobody'),
  },
  {
    against: 'more nodes at once than maxConcurrent',
    file: 'operator/src/distribution-job/plan.ts',
    take: 'Math.max(0, limit - counters.active)',
    put: 'Infinity',
    test: planned('counts what is active against maxConcurrent'),
  },
  {
    against: 'a job that goes on when as many have failed as failureThreshold says',
    file: 'operator/src/distribution-job/picture.ts',
    take: 'counters.failed >= limit && ',
    put: 'counters.failed > limit && ',
    test: planned('halts at the threshold and starts nobody'),
  },
]
