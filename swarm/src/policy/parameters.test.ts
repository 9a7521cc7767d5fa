// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { defaultParameters, forLinks, leanParameters } from './parameters.ts'

const chunkBytes = 256 * 1024
/** Time of a chunk at a rate in Mbit/s. */
const tau = (rate: number) => (chunkBytes * 8) / (rate * 1000)

describe('how many at once', () => {
  test.for([
    ['two as long as nothing is known', {}, { uploads: 2, deals: 2, requests: 16 }],
    ['all at 100 Mbit/s', { tauUpMs: tau(100), tauDownMs: tau(100) }, { uploads: 8, deals: 8, requests: 16 }],
    ['all at 50 Mbit/s', { tauUpMs: tau(50), tauDownMs: tau(50) }, { uploads: 8, deals: 8, requests: 16 }],
    ['half at 10 Mbit/s', { tauUpMs: tau(10), tauDownMs: tau(10) }, { uploads: 4, deals: 4, requests: 8 }],
    ['few at 2 Mbit/s', { tauUpMs: tau(2), tauDownMs: tau(2) }, { uploads: 2, deals: 2, requests: 4 }],
    [
      'few to send and many to ask for where the uplink alone is slow',
      { tauUpMs: tau(2), tauDownMs: tau(100) },
      { uploads: 2, deals: 2, requests: 16 },
    ],
    [
      'more than the base where the way is long',
      { rttMs: 40, tauUpMs: tau(100), tauDownMs: tau(100) },
      { uploads: 10, deals: 8, requests: 20, tokens: 10 },
    ],
    [
      'no more than anybody needs, however fast the link and long the way',
      { rttMs: 200, tauUpMs: 0, tauDownMs: 0 },
      { uploads: 16, deals: 8, requests: 32, tokens: 16 },
    ],
  ] as const)('%s', ([, link, expected]) => {
    expect(forLinks(defaultParameters, link)).toEqual({ ...defaultParameters, ...expected })
  })

  test('the lean ones are the fewest already', () => {
    expect(forLinks(leanParameters, {})).toEqual(leanParameters)
    expect(forLinks(leanParameters, { tauUpMs: tau(1), tauDownMs: tau(1) })).toEqual(leanParameters)
  })
})
