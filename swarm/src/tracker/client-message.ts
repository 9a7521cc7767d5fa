// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { fromBinary } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { type ClientMessage, ClientMessageSchema } from '../proto/tracker_pb.ts'
import { TrackerProtocolError } from './errors.ts'
import { checkParts } from './message-parts.ts'

/**
 * Artifacts with their sources, deliveries, roots and changed files of one report: more than the memory of an operator is made
 * for, and each may be two bytes on the wire and a thousand times that once it is read.
 */
const MOST_PARTS = 10_000
const HELLO = ClientMessageSchema.field.hello.number

/**
 * Of one who is not known yet nothing is read but a hello, of others no more than MOST_PARTS.
 * @throws TrackerProtocolError
 */
export function readClientMessage(bytes: Uint8Array, isKnown: boolean): ClientMessage {
  try {
    if (isKnown) checkParts(ClientMessageSchema, bytes, MOST_PARTS)
    else if (!isHello(bytes)) throw new TrackerProtocolError('a message before the welcome')
    return fromBinary(ClientMessageSchema, bytes, { readUnknownFields: false })
  } catch (cause) {
    throw new TrackerProtocolError('a message that cannot be read', { cause })
  }
}

/** Nothing stands beside it. */
function isHello(bytes: Uint8Array): boolean {
  const reader = new BinaryReader(bytes)
  const [field, type] = reader.tag()
  return field === HELLO && type === WireType.LengthDelimited && reader.uint32() + reader.pos === reader.len
}
