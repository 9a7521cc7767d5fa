// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { Agenda } from './agenda.ts'
import { Fluid, Link } from './fluid.ts'

const lines = () => {
  const agenda = new Agenda()
  const fluid = new Fluid(agenda, 1e-9)
  const ended: Record<string, number> = {}
  const send = (name: string, up: Link, down: Link, bytes: number) =>
    fluid.start([up, down], bytes, () => {
      ended[name] = agenda.now
      return 0
    })
  const run = (flows: number) => {
    fluid.settle()
    agenda.run(
      () => Object.keys(ended).length === flows,
      1e6,
      () => fluid.settle(),
    )
    return ended
  }
  return { agenda, fluid, send, run }
}

test('a flow has what its narrower end gives, and others share what it leaves', () => {
  const { fluid, send } = lines()
  const up = new Link(10)
  const [narrow, wide, wider] = [new Link(1), new Link(20), new Link(20)]
  const flows = [send('a', up, narrow, 100), send('b', up, wide, 100), send('c', up, wider, 100)]
  fluid.settle()
  expect(flows.map((flow) => flow.rate)).toEqual([1, 4.5, 4.5])
})

test('what one downlink cannot take goes to another', () => {
  const { fluid, send } = lines()
  const [a, b] = [new Link(10), new Link(10)]
  const [crowded, free] = [new Link(10), new Link(10)]
  const flows = [
    send('1', a, crowded, 1),
    send('2', b, crowded, 1),
    send('3', b, crowded, 1),
    send('4', a, free, 1),
  ]
  fluid.settle()
  expect(flows.map((flow) => Number(flow.rate.toFixed(6)))).toEqual([3.333333, 3.333333, 3.333333, 6.666667])
})

test('when a flow ends the others become faster', () => {
  const { send, run } = lines()
  const up = new Link(10)
  send('short', up, new Link(10), 50)
  send('long', up, new Link(10), 100)
  expect(run(2)).toEqual({ short: 10, long: 15 })
})

test('when a flow begins the others become slower', () => {
  const { agenda, fluid, send, run } = lines()
  const up = new Link(10)
  send('first', up, new Link(10), 100)
  agenda.add(5, () => send('second', up, new Link(10), 25))
  fluid.settle()
  expect(run(2)).toEqual({ first: 12.5, second: 10 })
})

test('an end that is released is used again', () => {
  const { fluid, send } = lines()
  const [a, b, down] = [new Link(10), new Link(10), new Link(10)]
  const stays = send('stays', a, down, 100)
  const goes = send('goes', b, down, 100)
  fluid.settle()
  expect(stays.rate).toBe(5)
  fluid.stop(goes)
  fluid.settle()
  expect(stays.rate).toBe(10)
})

test('a line that several share on their way is a bottleneck like its ends', () => {
  const { fluid } = lines()
  const site = new Link(6)
  const start = (up: Link, down: Link, ...between: Link[]) =>
    fluid.start([up, ...between, down], 100, () => 0)
  const [up, other] = [new Link(10), new Link(10)]
  const flows = [
    start(up, new Link(10), site),
    start(up, new Link(10)),
    start(other, new Link(10), site),
    start(other, new Link(1), site),
  ]
  fluid.settle()
  expect(flows.map((flow) => flow.rate)).toEqual([2.5, 7.5, 2.5, 1])
})
