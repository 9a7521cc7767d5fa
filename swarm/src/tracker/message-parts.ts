// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { TrackerProtocolError } from './errors.ts'

/**
 * Looks through an encoded message before anything is made of it: at most so many messages and texts may stand in its lists, at
 * any depth. Fields must be written as their kind is, for the decoder takes that for granted and would read one out of
 * the middle of another.
 * @throws TrackerProtocolError, or what the reader throws of bytes that are no message
 */
export function checkParts(desc: DescMessage, bytes: Uint8Array, most: number): void {
  if (countParts(desc, bytes, most) > most) throw new TrackerProtocolError(`more than ${most} parts`)
}

/** Not much further than `most`. */
function countParts(desc: DescMessage, bytes: Uint8Array, most: number): number {
  const reader = new BinaryReader(bytes)
  let count = 0
  while (reader.pos < reader.len && count <= most) {
    const [number, type] = reader.tag()
    const field = fieldsOf(desc).get(number)
    if (field === undefined) reader.skip(type, number)
    else count += partsIn(field, type, reader, most - count)
  }
  return count
}

function partsIn(field: DescField, type: WireType, reader: BinaryReader, most: number): number {
  const isList = field.fieldKind === 'list'
  if (type !== WireType.LengthDelimited) {
    if (type !== typeOf(field.scalar)) throw misread(field)
    reader.skip(type, field.number)
    return 0
  }
  const body = reader.bytes()
  if (field.message) return (isList ? 1 : 0) + countParts(field.message, body, most)
  if (typeOf(field.scalar) === type) return isList ? 1 : 0
  if (!isList || !isWholly(field.scalar, body)) throw misread(field)
  return 0
}

/** Numbers in one piece: the last one ends with it. */
const isWholly = (scalar: ScalarType | undefined, body: Uint8Array): boolean =>
  scalar === ScalarType.DOUBLE ? body.length % 8 === 0 : (body.at(-1) ?? 0) < 0x80

/** Of the scalars that tracker.proto knows; undefined of others, which are refused. */
function typeOf(scalar: ScalarType | undefined): WireType | undefined {
  if (scalar === ScalarType.DOUBLE) return WireType.Bit64
  if (scalar === ScalarType.UINT32 || scalar === ScalarType.BOOL) return WireType.Varint
  if (scalar === ScalarType.STRING || scalar === ScalarType.BYTES) return WireType.LengthDelimited
  return undefined
}

const misread = ({ name }: DescField): TrackerProtocolError =>
  new TrackerProtocolError(`${name} is not written as its kind is`)

const known = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>()

function fieldsOf(desc: DescMessage): ReadonlyMap<number, DescField> {
  const before = known.get(desc)
  if (before) return before
  const fields = new Map(desc.fields.map((field) => [field.number, field]))
  known.set(desc, fields)
  return fields
}
