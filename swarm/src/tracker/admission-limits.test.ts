// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { AdmissionLimits } from './admission-limits.ts'

/** Whatever of a connection these limits look at. */
function connection(remotePort: number, remoteAddress: string) {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress,
    remotePort,
    destroyed: false,
    destroy: () => {
      socket.destroyed = true
      socket.emit('close')
    },
  })
  return socket as typeof socket & Socket
}

test('a handshake that fails after a later one of its node was done takes nobody else the room', () => {
  const limits = new AdmissionLimits({ perAddress: 256, total: 1000 })
  // More nodes than are taken in handshake at a time.
  for (let at = 0; at < 300; at++) {
    const address = `10.0.${at >> 8}.${at & 255}`
    const [slow, quick] = [connection(1, address), connection(2, address)]
    limits.admit(slow)
    limits.admit(quick)
    limits.handshakeDone(quick)
    slow.destroy()
    expect(quick.destroyed).toBe(false)
  }
})

test('of one address only so many are in handshake, of another others', () => {
  const limits = new AdmissionLimits({ perAddress: 256, total: 1000 })
  const silent = Array.from({ length: 33 }, (_, at) => connection(at, '10.0.0.1'))
  for (const one of silent) limits.admit(one)
  expect(silent.filter(({ destroyed }) => destroyed)).toHaveLength(1)
  const other = connection(1, '10.0.0.2')
  limits.admit(other)
  expect(other.destroyed).toBe(false)
})
