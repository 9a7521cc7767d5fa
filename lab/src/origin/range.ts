// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
/** What part of a file to send: `end` is the first byte that is not sent. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * Reads a Range header with one range; undefined means the whole file (no header, several ranges, other units), and
 * 'unsatisfiable' that nothing of it lies within the file.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!match) return undefined
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(size, Number(last))
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size }
  }
  const start = Number(first)
  const end = last === '' ? size : Math.min(size, Number(last) + 1)
  return start < size && start < end ? { start, end } : 'unsatisfiable'
}
