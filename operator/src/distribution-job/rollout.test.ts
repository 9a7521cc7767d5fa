// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  homeNamespace,
  job,
  nodes,
  now,
  operatorNamespace,
  profile,
  readyArtifact,
} from '../testing/objects.ts'
import { plan } from './plan.ts'
import { concurrency, nextNodes } from './rollout.ts'

test.for([
  { maxConcurrent: 3, of: 10, is: 3 },
  { maxConcurrent: 30, of: 10, is: 10 },
  { maxConcurrent: '100%', of: 7, is: 7 },
  { maxConcurrent: '25%', of: 10, is: 3 },
  { maxConcurrent: '1%', of: 10, is: 1 },
  { maxConcurrent: '50%', of: 0, is: 1 },
])('$maxConcurrent of $of nodes is $is', ({ maxConcurrent, of, is }) => {
  expect(concurrency(maxConcurrent, of)).toBe(is)
})

test('the order of nodes is the same for one job and another for the next', () => {
  const candidates = nodes(20).map(({ metadata }) => ({ name: metadata.name, uid: metadata.uid ?? '' }))
  const order = (jobUid: string) => nextNodes(candidates, 0, 20, jobUid).map((one) => one.name)
  expect(order('a')).toEqual(order('a'))
  expect(order('a')).not.toEqual(order('b'))
  expect(nextNodes([...candidates].reverse(), 0, 20, 'a').map((one) => one.name)).toEqual(order('a'))
})

test('however nodes end and leave, never more are active than allowed and every node is accounted for once', () => {
  const limits = fc.oneof(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 100 }).map((n) => `${n}%`),
  )
  fc.assert(
    fc.property(
      limits,
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      (maxConcurrent, count, ends) => {
        const present = nodes(count)
        const limit = concurrency(maxConcurrent, count)
        const world = { rows: [] as ReturnType<typeof step>['create'], nodes: present }
        function step() {
          const planned = plan({
            job: job({ rollout: { maxConcurrent } }, { startTime: now.toISOString() }),
            artifacts: [readyArtifact()],
            profile: profile(),
            namespace: homeNamespace,
            operatorNamespace,
            nodes: world.nodes,
            nodeDistributions: world.rows,
            connected: new Set(present.map((one) => one.metadata.name)),
            live: new Map(),
            now,
          })
          if (!planned) throw new Error('no plan')
          return planned
        }
        for (const end of [...ends, ...Array.from({ length: 3 * count }, () => 0)]) {
          const { create, status } = step()
          expect(status.active).toBeLessThanOrEqual(limit)
          const { desired = 0, waiting = 0, active = 0, succeeded = 0, failed = 0, skipped = 0 } = status
          expect(waiting + active + succeeded + failed + skipped).toBe(desired)
          expect(desired).toBeLessThanOrEqual(count)
          world.rows = [...world.rows, ...create]
          expect(new Set(world.rows.map((one) => one.spec.nodeName)).size).toBe(world.rows.length)
          const running = world.rows.filter((one) => one.status?.state === undefined)
          const chosen = running[end % Math.max(1, running.length)]
          if (!chosen) continue
          const outcome = end % 7
          // One in seven nodes is lost with its machine, one fails, the others deliver.
          if (outcome === 6)
            world.nodes = world.nodes.filter((one) => one.metadata.name !== chosen.spec.nodeName)
          const state = outcome === 5 ? ('Failed' as const) : ('Delivered' as const)
          if (outcome !== 6) {
            world.rows = world.rows.map((one) => (one === chosen ? { ...one, status: { state } } : one))
          }
        }
        const last = step().status
        expect(last.waiting).toBe(0)
      },
    ),
    { numRuns: 60 },
  )
})
