// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { parseEndpoint } from './addresses.ts'

test.for([
  { text: 'tracker.patchswarm-system.svc:7443', host: 'tracker.patchswarm-system.svc', port: 7443 },
  { text: '[fd00::1]:1', host: 'fd00::1', port: 1 },
])('a tracker may be at $text', ({ text, ...expected }) => {
  expect(parseEndpoint(text)).toEqual(expected)
})

test.for(['tracker', 'tracker:0'])('no tracker is at %s', (text) => {
  expect(parseEndpoint(text)).toBeUndefined()
})
