// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { createCipheriv } from 'node:crypto'

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')

/** The data of test/vectors/cids.json: AES-128-CTR over zeros. Each call gives the next `length` bytes. */
export function ctrStream(): (length: number) => Buffer {
  const cipher = createCipheriv('aes-128-ctr', KEY, Buffer.alloc(16))
  let zeros = Buffer.alloc(0)
  return (length) => {
    if (zeros.length < length) zeros = Buffer.alloc(length)
    return cipher.update(zeros.subarray(0, length))
  }
}
