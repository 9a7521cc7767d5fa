// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { describe, expect, test } from 'vitest'
import { parseCommandLine, UsageError } from './options.ts'

describe('the command line', () => {
  test('has a default for everything', () => {
    expect(parseCommandLine([])).toEqual({
      nodes: 5,
      input: 'default',
      originBytesPerSecond: 25_000_000,
      keep: false,
      json: false,
      timeoutMs: 600_000,
    })
  })

  test('takes every option', () => {
    const args =
      '--nodes 8 --size 1MiB --origin-rate 50Mbit --link-rate 200Mbit --keep --json --timeout 90s'.split(' ')
    expect(parseCommandLine(args)).toEqual({
      nodes: 8,
      input: { randomBytes: 1_048_576 },
      originBytesPerSecond: 6_250_000,
      linkBytesPerSecond: 25_000_000,
      keep: true,
      json: true,
      timeoutMs: 90_000,
    })
  })

  test('takes a file that is there', () => {
    expect(parseCommandLine(['--file', import.meta.filename])).toMatchObject({
      input: { file: import.meta.filename },
    })
  })

  test.for(['--help', '-h'])('%s asks for help', (option) => {
    expect(parseCommandLine([option])).toBe('help')
  })

  test.for([
    ['--nodes 0', '--nodes takes a whole number from 1 to 100, not "0"'],
    ['--nodes 101', 'from 1 to 100'],
    ['--nodes 2.5', 'a whole number'],
    ['--nodes many', 'not "many"'],
    ['--nodes', "'--nodes <value>' argument missing"],
    ['--file /does/not/exist', '--file: there is no /does/not/exist'],
    ['--file /tmp', '--file: /tmp is not a file'],
    ['--file /dev/null', '--file: /dev/null is not a file'],
    ['--file a --size 1MiB', '--file and --size exclude each other'],
    ['--size 0', '--size: "0" is not a size such as 256MiB'],
    ['--origin-rate 50', '--origin-rate: "50" is not a rate such as 50Mbit'],
    ['--link-rate fast', '--link-rate: "fast" is not a rate'],
    ['--timeout soon', '--timeout: "soon" is not a duration such as 90s'],
    ['--speed 9', "Unknown option '--speed'"],
    ['eight', "Unexpected argument 'eight'"],
  ] as const)('refuses %s', ([line, message]) => {
    const parse = () => parseCommandLine(line.split(' '))
    expect(parse).toThrow(UsageError)
    expect(parse).toThrow(message)
  })
})
