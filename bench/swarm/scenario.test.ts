// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { fluidBound } from './scenario.ts'

const MIB = 2 ** 20
const mbit = (rate: number) => (rate * 1e6) / 8

describe('the fluid bound', () => {
  test.for([
    ['of a LAN is the time of one copy', 8, 256, 100, undefined, 22.45],
    ['of 16 nodes at half the rate and half the size is the same', 16, 128, 50, undefined, 22.45],
    ['behind a thin origin is the time of one copy through it', 8, 256, 400, 50, 44.9],
    ['of an origin faster than the links is the time of a receiver', 1, 100, 10, 1000, 87.7],
    ['of an origin too slow to count is what receivers can share', 2, 100, 100, 50, 17.54],
  ] as const)('%s', ([, nodes, size, link, origin, seconds]) => {
    const originRate = origin === undefined ? undefined : mbit(origin)
    expect(fluidBound({ nodes, size: size * MIB, linkRate: mbit(link), originRate })).toBeCloseTo(seconds, 1)
  })

  test('does not exist on links without a rate', () => {
    expect(fluidBound({ nodes: 2, size: MIB, linkRate: undefined, originRate: undefined })).toBeUndefined()
  })
})
