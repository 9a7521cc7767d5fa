// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { rewriteMountPaths } from './mount-paths.ts'

const mounts = [
  { mountPath: '/patchswarm/cache', location: '/lab/n1/cache' },
  { mountPath: '/patchswarm', location: '/lab/n1/all' },
  { mountPath: '/roots/0', location: '/lab/n1/opt/patches' },
]

test.for([
  ['a path alone', '/patchswarm/cache', '/lab/n1/cache'],
  ['a path below a mount', '/patchswarm/cache/x/y', '/lab/n1/cache/x/y'],
  ['the longest mount that fits', '/patchswarm/token', '/lab/n1/all/token'],
  ['no path that only begins alike', '/patchswarm-old/x', '/patchswarm-old/x'],
  ['an option', '--cache=/patchswarm/cache', '--cache=/lab/n1/cache'],
  [
    'only the right side of pairs',
    '/opt/patches=/roots/0,/srv=/roots/0',
    '/opt/patches=/lab/n1/opt/patches,/srv=/lab/n1/opt/patches',
  ],
  ['only the right side of a pair of equals', '/roots/0=/roots/0', '/roots/0=/lab/n1/opt/patches'],
  ['paths in a list', '/roots/0:/usr/bin', '/lab/n1/opt/patches:/usr/bin'],
  ['no URL', 'http://host/patchswarm/cache', 'http://host/patchswarm/cache'],
  ['no text', 'hello', 'hello'],
] as const)('rewrites %s', ([, text, expected]) => {
  expect(rewriteMountPaths(text, mounts)).toBe(expected)
})
