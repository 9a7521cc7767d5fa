// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { formatHostPort, parseHostPort } from './host-port.ts'

test.for([
  { found: '127.0.0.1:80', want: { host: '127.0.0.1', port: 80 } },
  { found: 'name:0', want: { host: 'name', port: 0 } },
  { found: '[::1]:65535', want: { host: '::1', port: 65_535 } },
  { found: '::1:80', want: undefined },
  { found: '[nonsense]:80', want: undefined },
  { found: 'name:65536', want: undefined },
  { found: 'name:', want: undefined },
  { found: ':80', want: undefined },
  { found: 'http://name:80', want: undefined },
])('host and port of $found', ({ found, want }) => {
  expect(parseHostPort(found)).toEqual(want)
  if (want !== undefined) expect(formatHostPort(want)).toBe(found)
})
