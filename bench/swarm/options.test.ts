// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { parseOptions } from './options.ts'

describe('the options of the swarm bench', () => {
  test('are a LAN of eight when left out', () => {
    expect(parseOptions([])).toMatchObject({
      scenario: { nodes: 8, size: 256 * 2 ** 20, linkRate: 12.5e6, originRate: undefined },
      runs: 1,
      systems: ['patchswarm', 'http', 'libtorrent', 'aria2'],
      json: false,
    })
  })

  test('give the links and the origin their rates', () => {
    const args = [
      '--origin-rate',
      '50Mbit',
      '--link-rate',
      '400Mbit',
      '--size=1GiB',
      '--systems',
      'helia,./mine.ts',
    ]
    expect(parseOptions(args)).toMatchObject({
      scenario: { linkRate: 50e6, originRate: 6.25e6, size: 2 ** 30 },
      systems: ['helia', './mine.ts'],
    })
  })

  test('have slow and lying receivers beside those that count, in runs of their own', () => {
    expect(parseOptions(['--slow', '1', '--liars', '2'])).toMatchObject({
      scenario: { nodes: 6, beside: 2 },
      companies: [{ name: '' }, { name: ', 1 slow' }, { name: ', 2 lying' }],
    })
  })

  test('can leave links unshaped', () => {
    expect(parseOptions(['--link-rate', 'none'])).toMatchObject({ scenario: { linkRate: undefined } })
  })

  test('may set the kernel of every node', () => {
    expect(parseOptions(['--sysctl', 'net.a=1', '--sysctl', 'net.b=2', '--congestion', 'bbr'])).toMatchObject(
      {
        tuning: { congestion: 'bbr', sysctls: ['net.a=1', 'net.b=2'] },
      },
    )
  })

  test.for([
    ['no whole number of nodes', ['--nodes', '2.5'], '--nodes takes a whole number from 1 to 64'],
    ['too many nodes', ['--nodes', '65'], '--nodes takes'],
    ['no runs', ['--runs', '0'], '--runs takes'],
    ['a rate without unit of rates', ['--link-rate', '100MB'], '--link-rate: "100MB" is not a rate'],
    ['nobody whose time counts', ['--nodes', '2', '--slow', '2'], '--slow takes a whole number from 0 to 1'],
    ['a tenth of no rate', ['--link-rate', 'none', '--slow', '1'], '--slow needs links with a --link-rate'],
    ['an unknown system', ['--systems', 'torrent'], '"torrent" is none of patchswarm'],
    ['an empty list of systems', ['--systems', ','], 'names no system'],
    ['a setting without a value', ['--sysctl', 'net.x'], '--sysctl takes name=value'],
    ['an unknown option', ['--node', '3'], '--node'],
  ] as const)('are refused with a reason: %s', ([, args, message]) => {
    expect(() => parseOptions(args)).toThrow(message)
  })
})
