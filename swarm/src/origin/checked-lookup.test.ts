// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { destinationRules } from '../destination/index.ts'
import { checkedLookup, ForbiddenAddressError } from './checked-lookup.ts'

const rules = destinationRules({ allowedDomains: [], clusterNetworks: [] })
const lookup = (...addresses: string[]) =>
  checkedLookup(
    () => rules,
    (_host, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
  )

test('of several addresses only those are handed out that may be asked', () => {
  lookup(
    '127.0.0.1',
    '10.0.0.7',
    '::1',
    '2001:db8::1',
  )('mirror', { all: true }, (error, found) => {
    expect(error).toBeNull()
    expect(found).toEqual([
      { address: '10.0.0.7', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ])
  })
})

test('a caller that wants one address gets one that may be asked', () => {
  lookup('169.254.169.254', '10.0.0.7')('mirror', {}, (error, address, family) => {
    expect([error, address, family]).toEqual([null, '10.0.0.7', 4])
  })
})

test('a name that leads only to addresses that may not be asked is refused', () => {
  lookup('127.0.0.1', '::1')('evil.example', { all: true }, (error) => {
    expect(error).toBeInstanceOf(ForbiddenAddressError)
    expect(error?.message).toBe(
      'evil.example: 127.0.0.1 is a loopback address, which spec.origin.allowedDomains of the profile does not name',
    )
  })
})

test('a name that cannot be resolved is no matter of rules', () => {
  const away = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
  checkedLookup(
    () => rules,
    (_host, _options, callback) => callback(away, []),
  )('nowhere', {}, (error) => expect(error).toBe(away))
})
