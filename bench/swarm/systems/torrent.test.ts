// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bencode, makeTorrent } from './torrent.ts'

test.for([
  ['a number', 42, 'i42e'],
  ['text, its length in bytes', 'né', '3:né'],
  ['a list', ['a', 1], 'l1:ai1ee'],
  ['a dictionary, its keys in order', { b: 1, a: 'x' }, 'd1:a1:x1:bi1ee'],
] as const)('bencoding writes %s', ([, value, expected]) => {
  expect(bencode(value).toString()).toBe(expected)
})

test('a torrent has the SHA-1 of every piece, a short last one included', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchswarm-'))
  try {
    const path = join(folder, 'file')
    await writeFile(path, 'aaab')
    const torrent = await makeTorrent(path, 'file', 3, 'http://t/')
    const sha1 = (text: string) => createHash('sha1').update(text).digest().toString('latin1')
    expect(torrent.toString('latin1')).toBe(
      `d8:announce9:http://t/4:infod6:lengthi4e4:name4:file12:piece lengthi3e6:pieces40:${sha1('aaa')}${sha1('b')}ee`,
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})
