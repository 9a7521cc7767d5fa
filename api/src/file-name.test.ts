// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { expect, test } from 'vitest'
import { artifactFileName } from './file-name.ts'

test.for([
  {
    name: 'the last segment of the URL',
    url: 'https://cdn.example.com/a/b/patch-1.0.bin',
    expected: 'patch-1.0.bin',
  },
  { name: 'no part of the query', url: 'https://cdn.example.com/patch.bin?path=/x/y', expected: 'patch.bin' },
  { name: 'nothing when the URL ends in a slash', url: 'https://cdn.example.com/a/', expected: '' },
])('the file name is $name', ({ url, expected }) => {
  expect(artifactFileName({ sources: [{ http: { url } }] })).toBe(expected)
})

test('fileName comes before the URL', () => {
  const sources = [{ http: { url: 'https://cdn.example.com/a.bin' } }]
  expect(artifactFileName({ fileName: 'b.bin', sources })).toBe('b.bin')
})

test('the first of several sources names the file', () => {
  const sources = ['a.bin', 'b.bin'].map((file) => ({ http: { url: `https://cdn.example.com/${file}` } }))
  expect(artifactFileName({ sources })).toBe('a.bin')
})
