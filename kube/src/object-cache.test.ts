// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { ObjectCache } from './object-cache.ts'
import type { KubeObject } from './types.ts'

const object = (name: string, version: number): KubeObject => ({
  metadata: { name, namespace: 'default', resourceVersion: String(version) },
})
const listed = (version: number, ...objects: KubeObject[]) => {
  const cache = new ObjectCache<KubeObject>()
  cache.replace(objects, String(version))
  return cache
}
const state = (cache: ObjectCache<KubeObject>) =>
  Object.fromEntries(cache.list().map(({ metadata }) => [metadata.name, Number(metadata.resourceVersion)]))

test('a list adds what is new, changes what is newer and removes what is missing', () => {
  const cache = listed(10, object('same', 1), object('older', 2), object('gone', 3))
  const changes = cache.replace([object('same', 1), object('older', 12), object('new', 13)], '20')
  expect(changes.map(({ type, object: { metadata } }) => `${type} ${metadata.name}`)).toEqual([
    'modified older',
    'added new',
    'deleted gone',
  ])
  expect(state(cache)).toEqual({ same: 1, older: 12, new: 13 })
})

test('a list made before our own write does not undo it', () => {
  const cache = listed(10, object('one', 5))
  cache.observe(object('one', 25))
  cache.observe(object('two', 26))
  expect(cache.replace([object('one', 5)], '20')).toEqual([])
  expect(state(cache)).toEqual({ one: 25, two: 26 })
})

test('an event that is older than what the cache holds changes nothing', () => {
  const cache = listed(10, object('one', 5))
  cache.observe(object('one', 25))
  expect(cache.apply('MODIFIED', object('one', 20))).toBeUndefined()
  expect(state(cache)).toEqual({ one: 25 })
})

test('the deletion of an object that we have made anew since removes nothing', () => {
  const cache = listed(10, object('one', 5))
  cache.observe(object('one', 30))
  expect(cache.apply('DELETED', object('one', 28))).toBeUndefined()
  expect(state(cache)).toEqual({ one: 30 })
})

test('a deletion is told once, with what was there before', () => {
  const cache = listed(10, object('one', 5))
  expect(cache.apply('DELETED', object('one', 11))).toEqual({
    type: 'deleted',
    object: object('one', 11),
    old: object('one', 5),
  })
  expect(cache.apply('DELETED', object('one', 11))).toBeUndefined()
})

test.for([
  { name: 'newer than all the watch has told is taken', version: 11, taken: true },
  { name: 'that the watch has passed already is ignored', version: 10, taken: false },
])('a write $name', ({ version, taken }) => {
  const cache = listed(10)
  expect(cache.observe(object('one', version)) !== undefined).toBe(taken)
})

test('a write is not taken before the first list, which shows it anyhow', () => {
  const cache = new ObjectCache<KubeObject>()
  expect(cache.observe(object('one', 5))).toBeUndefined()
  expect(cache.version).toBeUndefined()
})

test('a bookmark moves the version on, never back', () => {
  const cache = listed(100)
  cache.advance('1000')
  cache.advance('999')
  expect(cache.version).toBe('1000')
})

test('the list is the same array until something changes', () => {
  const cache = listed(10, object('one', 5))
  const before = cache.list()
  expect(cache.list()).toBe(before)
  cache.apply('ADDED', object('two', 11))
  expect(cache.list()).not.toBe(before)
  expect(before).toHaveLength(1)
})
