// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** Beyond that nobody reads it; a status must not grow without end. */
const MAX_LENGTH = 4000

/** Which nodes have read which chunks, as people write it. */
export function readByWords(said: ReadonlyMap<string, readonly (readonly [number, number])[]>): string {
  const words = [...said]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([node, ranges]) => `${node}: ${ranges.map(rangeWords).join(', ')}`)
    .join('; ')
  return words.length > MAX_LENGTH ? `${words.slice(0, MAX_LENGTH)} …` : words
}

const rangeWords = ([first, count]: readonly [number, number]): string =>
  count === 1 ? `${first}` : `${first}–${first + count - 1}`
