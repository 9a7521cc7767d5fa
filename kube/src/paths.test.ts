// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { DAEMON_SET, NODE, POD } from './builtin.ts'
import { collectionPath, objectPath, query } from './paths.ts'

test.for([
  { path: collectionPath(POD), want: '/api/v1/pods' },
  { path: collectionPath(POD, 'web'), want: '/api/v1/namespaces/web/pods' },
  { path: collectionPath(DAEMON_SET, 'web'), want: '/apis/apps/v1/namespaces/web/daemonsets' },
  { path: collectionPath(NODE, 'ignored'), want: '/api/v1/nodes' },
  { path: objectPath(NODE, 'n1'), want: '/api/v1/nodes/n1' },
  { path: objectPath(POD, 'p', 'web', 'status'), want: '/api/v1/namespaces/web/pods/p/status' },
  { path: objectPath(POD, 'a/../b', 'web'), want: '/api/v1/namespaces/web/pods/a%2F..%2Fb' },
])('$want', ({ path, want }) => {
  expect(path).toBe(want)
})

test('an object without its namespace or name is refused before a call is made', () => {
  expect(() => objectPath(POD, 'p')).toThrow('Pod "p" needs a namespace')
  expect(() => objectPath(NODE, '')).toThrow('a Node needs a name')
})

test('a query holds what is given, escaped', () => {
  expect(query({ labelSelector: 'a=b,c', limit: 5, continue: undefined, fieldSelector: '' })).toBe(
    '?labelSelector=a%3Db%2Cc&limit=5',
  )
  expect(query({})).toBe('')
})
