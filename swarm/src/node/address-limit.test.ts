// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { AddressLimit } from './address-limit.ts'

const from = (address: string) =>
  Object.assign(new EventTarget(), { remoteAddr: multiaddr(`/ip4/${address}/tcp/4001`) })

test('an address that has closed connections may open others', () => {
  const limit = new AddressLimit()
  const open = Array.from({ length: 200 }, () => from('10.0.0.1')).filter((one) => limit.admits(one))
  expect(open).toHaveLength(128)
  expect(limit.admits(from('10.0.0.2'))).toBe(true)
  open[0]?.dispatchEvent(new Event('close'))
  expect([from('10.0.0.1'), from('10.0.0.1')].map((one) => limit.admits(one))).toEqual([true, false])
})
