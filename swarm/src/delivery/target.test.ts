// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { DirectoryNotAllowedError, InvalidDirectoryError } from './errors.ts'
import { checkFileName, parseOwner, resolveTarget } from './target.ts'

const roots = new Map([
  ['/opt/patches', '/mnt/0'],
  ['/opt/patches/inner/', '/mnt/1'],
])

test.for([
  { name: 'the root itself', directory: '/opt/patches', mount: '/mnt/0', components: [] },
  { name: 'a directory below it', directory: '/opt/patches/a/b', mount: '/mnt/0', components: ['a', 'b'] },
  {
    name: 'doubled and trailing slashes',
    directory: '//opt/patches//a/',
    mount: '/mnt/0',
    components: ['a'],
  },
  {
    name: 'the innermost of nested roots',
    directory: '/opt/patches/inner/x',
    mount: '/mnt/1',
    components: ['x'],
  },
  {
    name: 'a name that only begins like a root',
    directory: '/opt/patches/innermost',
    mount: '/mnt/0',
    components: ['innermost'],
  },
  {
    name: 'a name with dots in it',
    directory: '/opt/patches/..a/b...',
    mount: '/mnt/0',
    components: ['..a', 'b...'],
  },
])('finds $name', ({ directory, mount, components }) => {
  expect(resolveTarget(directory, roots)).toMatchObject({ mount, components })
})

test.for([
  { name: 'outside', directory: '/etc', error: DirectoryNotAllowedError },
  { name: 'above a root', directory: '/opt', error: DirectoryNotAllowedError },
  { name: 'beside a root', directory: '/opt/patches2', error: DirectoryNotAllowedError },
  { name: 'the root directory', directory: '/', error: DirectoryNotAllowedError },
  { name: 'climbing out', directory: '/opt/patches/../../etc', error: InvalidDirectoryError },
  { name: 'climbing and coming back', directory: '/opt/patches/a/../b', error: InvalidDirectoryError },
  { name: 'with a dot', directory: '/opt/patches/./a', error: InvalidDirectoryError },
  { name: 'relative', directory: 'opt/patches', error: InvalidDirectoryError },
  { name: 'empty', directory: '', error: InvalidDirectoryError },
  { name: 'with a NUL', directory: '/opt/patches/a\0b', error: InvalidDirectoryError },
])('refuses a directory that is $name', ({ directory, error }) => {
  expect(() => resolveTarget(directory, roots)).toThrow(error)
})

test('says which roots there are', () => {
  expect(() => resolveTarget('/etc', roots)).toThrow('/opt/patches, /opt/patches/inner/')
  expect(() => resolveTarget('/etc', new Map())).toThrow('there are none')
})

describe('a file name', () => {
  test.for(['', '.', '..', 'a/b', '/a', 'a\0', 'x'.repeat(226), 'ü'.repeat(113)])('is not "%s"', (name) => {
    expect(() => checkFileName(name, 30)).toThrow(InvalidDirectoryError)
  })

  test.for(['a', '.hidden', '...', 'with space', 'x'.repeat(225)])('may be "%s"', (name) => {
    expect(() => checkFileName(name, 30)).not.toThrow()
  })
})

test('reads an owner and refuses what is none', () => {
  expect(parseOwner('1000:0')).toEqual({ uid: 1000, gid: 0 })
  for (const owner of ['1000', 'root:root', '-1:0', '1:2:3', ' 1:2']) {
    expect(() => parseOwner(owner)).toThrow(InvalidDirectoryError)
  }
})
