// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { createLoopbackNetwork } from './loopback.ts'
import { shaping } from './namespaces.ts'

test('every node and Pod on the loopback interface has an address of its own', async () => {
  const network = createLoopbackNetwork(() => 0.5)
  const nodes = await Promise.all(['n1', 'n2', 'n1'].map((name) => network.node(name)))
  expect(nodes.map(({ address }) => address)).toEqual(['127.127.127.1', '127.127.127.2', '127.127.127.1'])
  const pods = await Promise.all(['a', 'b'].map((uid) => network.attachPod(uid)))
  expect(pods.map(({ address }) => address)).toEqual(['127.127.127.128', '127.127.127.129'])
})

test('an address that a Pod gave back is given again, and one that is in use never', async () => {
  const network = createLoopbackNetwork(() => 0)
  const first = await network.attachPod('a')
  const second = await network.attachPod('b')
  await network.releasePod('a')
  expect(await network.attachPod('c')).toEqual(first)
  expect(second.address).not.toBe(first.address)
})

test('labs side by side take other addresses', async () => {
  const [one, two] = [0.1, 0.9].map((chance) => createLoopbackNetwork(() => chance))
  expect((await one!.node('n1')).address).not.toBe((await two!.node('n1')).address)
})

test('there are 127 addresses for Pods, and an error after that', async () => {
  const network = createLoopbackNetwork(() => 0)
  for (let pod = 0; pod < 127; pod++) await network.attachPod(`${pod}`)
  await expect(network.attachPod('one too many')).rejects.toThrow('no address is left for Pod one too many')
})

test.for([
  [25_000_000, 'tbf rate 200000000bit burst 250000 limit 500000'],
  [125_000, 'tbf rate 1000000bit burst 70000 limit 262144'],
] as const)('a link of %d bytes a second is shaped by %s', ([rate, expected]) => {
  expect(shaping(rate)).toBe(expected)
})
