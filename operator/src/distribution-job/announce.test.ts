// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { messageMaxLength } from '@patchswarm/api'
import { expect, test } from 'vitest'
import { condition } from '../testing/objects.ts'
import { withRemark } from './announce.ts'

const status = (message: string) => ({ conditions: [{ ...condition('Ready', 'Completed'), message }] })
const said = (message = 'Delivered on 3 of 3 nodes.') => ({ status: status(message), events: [] })
const messageOf = ({ status }: ReturnType<typeof withRemark>) => status.conditions?.[0]?.message

test('a job whose nodes may not be patched says so, with one Event', () => {
  const first = withRemark(said(), undefined, false)
  expect(messageOf(first)).toMatch(/^Delivered on 3 of 3 nodes. spec.handOver asks .*rbac-hand-over.yaml/)
  expect(first.events).toMatchObject([{ type: 'Warning', reason: 'HandOverForbidden' }])
  expect(withRemark(said(), first.status, false)).toEqual({ ...first, events: [] })
})

test('it takes that back when they may, also one that is over and says what it said before', () => {
  const before = withRemark(said(), undefined, false).status
  expect(withRemark({ status: before, events: [] }, before, true)).toEqual(said())
  expect(withRemark({ status: before, events: [] }, before, false).status).toEqual(before)
})

test('a sentence that is long already makes room for it', () => {
  const first = withRemark(said('x'.repeat(messageMaxLength)), undefined, false)
  expect(messageOf(first)).toHaveLength(messageMaxLength)
  expect(withRemark(said('x'.repeat(messageMaxLength)), first.status, false).events).toEqual([])
})
