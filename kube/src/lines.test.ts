// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readLines } from './lines.ts'

const never = new AbortController().signal
async function linesOf(...chunks: (string | Buffer | Error)[]): Promise<string[]> {
  const source = Readable.from(
    (async function* () {
      for (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk
        yield Buffer.from(chunk)
      }
    })(),
    { objectMode: false },
  )
  const lines: string[] = []
  for await (const line of readLines(source, 'GET /x', never)) lines.push(line)
  return lines
}
const umlaut = Buffer.from('ä')

test.for([
  { name: 'several lines in a chunk', chunks: ['a\nb\n'], lines: ['a', 'b'] },
  { name: 'a line in several chunks', chunks: ['a', 'b', 'c\nd\n'], lines: ['abc', 'd'] },
  { name: 'a newline at the head of a chunk', chunks: ['a', '\nb\n'], lines: ['a', 'b'] },
  {
    name: 'a character cut in two',
    chunks: [umlaut.subarray(0, 1), umlaut.subarray(1), '\n'],
    lines: ['ä'],
  },
  { name: 'a last line without its end is dropped', chunks: ['a\nhal'], lines: ['a'] },
  { name: 'nothing at all', chunks: [], lines: [] },
])('$name', async ({ chunks, lines }) => {
  expect(await linesOf(...chunks)).toEqual(lines)
})

test('a stream that breaks off is an error that names the call and its cause', async () => {
  const cause = new Error('reset')
  await expect(linesOf('a\n', cause)).rejects.toMatchObject({
    name: 'KubeError',
    reason: 'Unreachable',
    message: 'GET /x: the stream broke off: reset',
    cause,
  })
})

test('a reader that stops in the middle closes the stream', async () => {
  const source = Readable.from(['a\nb\n'])
  for await (const line of readLines(source, 'GET /x', never)) {
    expect(line).toBe('a')
    break
  }
  expect(source.destroyed).toBe(true)
})
