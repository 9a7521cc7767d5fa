// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createHash } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { type DesiredState, DesiredStateSchema } from '../proto/tracker_pb.ts'
import type { DesiredInit } from './types.ts'

/** A desired state as it is sent, but for its revision, which is of one connection. */
export interface DesiredMessage {
  readonly message: DesiredState
  /** Tells it from others. */
  readonly digest: string
  /** Of its encoding. */
  readonly bytes: number
}

const made = new WeakMap<DesiredInit, DesiredMessage>()

/** Made once of one object, however many clients are told it. */
export function desiredMessage(desired: DesiredInit): DesiredMessage {
  const before = made.get(desired)
  if (before) return before
  const message = create(DesiredStateSchema, { ...desired })
  const encoded = toBinary(DesiredStateSchema, message)
  const digest = createHash('sha256').update(encoded).digest('base64')
  const one = { message, digest, bytes: encoded.length }
  made.set(desired, one)
  return one
}
