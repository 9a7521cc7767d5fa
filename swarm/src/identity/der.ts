// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** The little of ASN.1 DER that a self-signed certificate needs: values are written from the inside out. */

export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context3: 0xa3,
} as const

export interface DerValue {
  readonly tag: number
  readonly content: Buffer
  /** The value with its head, as it stands in the input. */
  readonly raw: Buffer
}

export function encodeDer(tagByte: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Uint8Array.of(tagByte), encodeLength(content.length), content])
}

export function encodeObjectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return encodeDer(tag.objectId, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** The values that lie one after the other in `bytes`. @throws RangeError when a length leads beyond the end */
export function decodeDer(bytes: Buffer): DerValue[] {
  const values: DerValue[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const value = decodeOne(bytes, offset)
    values.push(value)
    offset += value.raw.length
  }
  return values
}

function decodeOne(bytes: Buffer, offset: number): DerValue {
  let length = bytes.readUInt8(offset + 1)
  let head = 2
  if (length >= 0x80) {
    const lengthBytes = length & 0x7f
    if (lengthBytes < 1 || lengthBytes > 3) throw new RangeError('a DER length of more than three bytes')
    length = bytes.readUIntBE(offset + 2, lengthBytes)
    head += lengthBytes
  }
  const end = offset + head + length
  if (end > bytes.length) throw new RangeError('a DER value leads beyond the end')
  return {
    tag: bytes.readUInt8(offset),
    content: bytes.subarray(offset + head, end),
    raw: bytes.subarray(offset, end),
  }
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Uint8Array.of(0x80 | bytes.length), bytes])
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest & 0x7f) | 0x80)
  }
  return bytes
}
