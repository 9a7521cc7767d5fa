// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  KubeError,
  kubeErrorFrom,
} from './kube-error.ts'

test.for([
  { name: 'not found', error: new KubeError(404, 'NotFound', ''), holds: [isNotFound] },
  { name: 'a write in between', error: new KubeError(409, 'Conflict', ''), holds: [isConflict] },
  { name: 'a name that is taken', error: new KubeError(409, 'AlreadyExists', ''), holds: [isAlreadyExists] },
  { name: 'a version that is gone', error: new KubeError(410, 'Expired', ''), holds: [isGone] },
  { name: 'a broken rule', error: new KubeError(422, 'Invalid', ''), holds: [isInvalid] },
  { name: 'no rights', error: new KubeError(403, 'Forbidden', ''), holds: [isForbidden] },
  { name: 'no answer', error: new KubeError(0, 'Unreachable', ''), holds: [] },
  { name: 'an error of another kind', error: Object.assign(new Error('x'), { status: 404 }), holds: [] },
])('$name is told apart', ({ error, holds }) => {
  const all = [isNotFound, isConflict, isAlreadyExists, isGone, isInvalid, isForbidden]
  expect(all.filter((predicate) => predicate(error))).toEqual(holds)
})

test.for([
  {
    name: 'the server’s own words',
    body: '{"kind":"Status","code":404,"reason":"NotFound","message":"pods \\"x\\" not found"}',
    want: { status: 404, reason: 'NotFound', message: 'GET /x: pods "x" not found' },
  },
  {
    name: 'a page of a proxy',
    body: '<html>Bad Gateway</html>',
    want: { status: 502, reason: 'Unknown', message: 'GET /x: <html>Bad Gateway</html>' },
  },
  {
    name: 'nothing at all',
    body: '',
    want: { status: 502, reason: 'Unknown', message: 'GET /x: answered 502 with no text' },
  },
  { name: 'JSON that is no Status', body: 'null', want: { status: 502, message: 'GET /x: null' } },
])('an error is made from $name', ({ body, want }) => {
  expect(kubeErrorFrom('GET /x', 502, body, undefined)).toMatchObject(want)
})

test('the time to wait comes from the details, else from the header', () => {
  const body = '{"kind":"Status","code":429,"details":{"retryAfterSeconds":3}}'
  expect(kubeErrorFrom('GET /x', 429, body, 1).retryAfterMs).toBe(3000)
  expect(kubeErrorFrom('GET /x', 429, '', 1).retryAfterMs).toBe(1000)
  expect(kubeErrorFrom('GET /x', 500, '', undefined).retryAfterMs).toBeUndefined()
})
