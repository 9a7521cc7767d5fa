// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** So many bytes, and what they say; undefined for all that is left. */
export type Part = readonly [bytes: number | undefined, says: string]

const bytesPerLine = 16
const hexWidth = bytesPerLine * 3 - 1

/**
 * Bytes as a document shows them: sixteen a line, beside them what they say.
 * @throws RangeError when the parts are not as long as the bytes
 */
export function annotated(bytes: Uint8Array, parts: readonly Part[]): string {
  const lines: string[] = []
  let at = 0
  for (const [length = bytes.length - at, says] of parts) {
    const part = Buffer.from(bytes.subarray(at, at + length))
    at += length
    for (let from = 0; from < Math.max(1, part.length); from += bytesPerLine) {
      const hex = part
        .subarray(from, from + bytesPerLine)
        .toString('hex')
        .replace(/..\B/g, '$& ')
      lines.push(`${hex.padEnd(hexWidth)}  ${from === 0 ? says : '…'}`.trimEnd())
    }
  }
  if (at !== bytes.length) throw new RangeError(`the parts have ${at} bytes, not ${bytes.length}`)
  return lines.join('\n')
}

/** The bytes of what `annotated` wrote. */
export function bytesOf(text: string): Buffer {
  const hex = text.split('\n').map((line) => line.slice(0, hexWidth).replaceAll(' ', ''))
  return Buffer.from(hex.join(''), 'hex')
}
