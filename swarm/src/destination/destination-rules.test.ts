// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { destinationRules } from './destination-rules.ts'

const rules = (...allowedDomains: string[]) =>
  destinationRules({ allowedDomains, clusterNetworks: ['10.244.0.0/16', '10.96.0.0/12', 'fd10::/64'] })

describe('an address', () => {
  test.for([
    ['127.0.0.1', 'a loopback address'],
    ['127.200.3.4', 'a loopback address'],
    ['::1', 'a loopback address'],
    ['::ffff:127.0.0.1', 'a loopback address'],
    ['::ffff:7f00:1', 'a loopback address'],
    ['64:ff9b::7f00:1', 'a loopback address'],
    ['2002:7f00:1::', 'a loopback address'],
    ['0.0.0.0', 'a loopback address'],
    ['::', 'a loopback address'],
    ['169.254.1.1', 'a link-local address'],
    ['fe80::1', 'a link-local address'],
    ['169.254.169.254', 'a metadata address'],
    ['64:ff9b::a9fe:a9fe', 'a metadata address'],
    ['fd00:ec2::254', 'a metadata address'],
    ['100.100.100.200', 'a metadata address'],
    ['168.63.129.16', 'a metadata address'],
    ['224.0.0.1', 'no address of one host'],
    ['255.255.255.255', 'no address of one host'],
    ['ff02::1', 'no address of one host'],
    ['10.244.3.7', 'an address of the cluster'],
    ['10.96.0.1', 'an address of the cluster'],
    ['fd10::17', 'an address of the cluster'],
  ] as const)('%s is refused as %s', ([ip, kind]) => {
    expect(rules().refusesAddress(ip)).toBe(
      `${ip} is ${kind}, which spec.origin.allowedDomains of the profile does not name`,
    )
    expect(rules('*', 'example.com').refusesAddress(ip)).toBeDefined()
  })

  test.for(['93.184.216.34', '10.0.0.7', '192.168.1.1', '100.64.0.1', '2001:db8::1', '64:ff9b::5db8:d822'])(
    '%s may be asked',
    (ip) => expect(rules().refusesAddress(ip)).toBeUndefined(),
  )

  test.for([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.7.1', '127.0.0.0/8'],
    ['10.96.3.4', '10.96.3.4/32'],
    ['::1', '::1'],
  ] as const)('%s may be asked when %s is named', ([ip, entry]) => {
    expect(rules(entry).refusesAddress(ip)).toBeUndefined()
    expect(rules(entry).refusesAddress('169.254.169.254')).toBeDefined()
  })
})

describe('a host', () => {
  test.for([
    { host: 'example.com', entries: [], allowed: true },
    { host: 'example.com', entries: ['example.com'], allowed: true },
    { host: 'EXAMPLE.com.', entries: ['Example.Com'], allowed: true },
    { host: 'a.example.com', entries: ['example.com'], allowed: false },
    { host: 'a.example.com', entries: ['*.example.com'], allowed: true },
    { host: 'a.b.example.com', entries: ['*.example.com'], allowed: true },
    { host: 'example.com', entries: ['*.example.com'], allowed: false },
    { host: 'evilexample.com', entries: ['*.example.com'], allowed: false },
    { host: 'example.com.evil.net', entries: ['example.com', '*.example.com'], allowed: false },
    { host: 'anything.net', entries: ['*'], allowed: true },
    { host: 'example.com', entries: ['10.0.0.0/8'], allowed: false },
    { host: '10.0.0.7', entries: [], allowed: true },
    { host: '10.0.0.7', entries: ['*'], allowed: true },
    { host: '10.0.0.7', entries: ['example.com'], allowed: false },
    { host: '10.0.0.7', entries: ['10.0.0.0/8'], allowed: true },
    { host: '[2001:db8::1]', entries: ['2001:db8::/32'], allowed: true },
    // What an address leads to is judged at once: nothing resolves it later.
    { host: '127.0.0.1', entries: [], allowed: false },
    { host: '[::1]', entries: ['*'], allowed: false },
    { host: '127.0.0.1', entries: ['*', '127.0.0.0/8'], allowed: true },
    { host: 'localhost', entries: [], allowed: true },
  ])('$host with $entries: allowed is $allowed', ({ host, entries, allowed }) => {
    expect(rules(...entries).refusesHost(host) === undefined).toBe(allowed)
  })

  test('that is not named is refused by a sentence that says where to name it', () => {
    expect(rules('example.com').refusesHost('example.net')).toBe(
      'example.net is not named in spec.origin.allowedDomains of the profile',
    )
  })
})
