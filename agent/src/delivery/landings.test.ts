// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { InsufficientDiskError } from '@patchswarm/swarm/delivery'
import { expect, test } from 'vitest'
import { Landings } from './landings.ts'

const [cacheDisk, otherDisk] = [1, 2]
const landing = (needs: number, device = otherDisk, freeBytes = 100) => ({
  path: '/opt/patches/a.bin',
  device,
  freeBytes,
  needs,
})
const landings = (sharesExtents = false) => new Landings({ device: cacheDisk, sharesExtents })

test('two deliveries do not count on the same room', () => {
  const node = landings()
  node.reserve('a', 'k', landing(60))
  expect(() => node.reserve('b', 'k', landing(41))).toThrow(InsufficientDiskError)
  expect(() => node.reserve('b', 'k', landing(41))).toThrow(
    '/opt/patches/a.bin needs 41 bytes and its file system has 100 free, of which other deliveries will take 60: free some space',
  )
  node.reserve('b', 'k', landing(40))
})

test.for([
  {
    name: 'its own reservation, asked for again',
    before: (node: Landings) => node.reserve('b', 'k', landing(90)),
  },
  { name: 'another file system', before: (node: Landings) => node.reserve('a', 'k', landing(90, 3)) },
  {
    name: 'what is over',
    before: (node: Landings) => {
      node.reserve('a', 'k', landing(90))
      node.release('a')
    },
  },
])('$name takes nothing from a delivery', ({ before }) => {
  const node = landings()
  before(node)
  node.reserve('b', 'k', landing(100))
})

test('what is written already is no longer reserved: the disk has less free instead', () => {
  const node = landings()
  node.reserve('a', 'k', landing(80))
  node.written('a', 50)
  node.reserve('b', 'k', landing(20, otherDisk, 50))
})

test('on the file system of the cache nothing is refused here: its keeper is told', () => {
  const node = landings()
  node.reserve('a', 'k', landing(500, cacheDisk))
  node.reserve('b', 'k', landing(70, cacheDisk))
  node.reserve('c', 'l', landing(7, cacheDisk))
  node.reserve('d', 'k', landing(9))
  node.written('a', 400)
  expect(node.besideCache()).toEqual(
    new Map([
      ['k', 170],
      ['l', 7],
    ]),
  )
})

test('where extents are shared, a delivery beside the cache takes nothing', () => {
  const node = landings(true)
  node.reserve('a', 'k', landing(500, cacheDisk))
  expect(node.besideCache()).toEqual(new Map([['k', 0]]))
  expect(() => node.reserve('b', 'k', landing(101))).toThrow(InsufficientDiskError)
  // Unless it is to be written anew.
  node.reserve('c', 'l', landing(500, cacheDisk), true)
  expect(node.besideCache().get('l')).toBe(500)
})
