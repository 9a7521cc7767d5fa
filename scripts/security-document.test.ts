// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isNamedIn } from './defences/test-name.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/security.md'), 'utf8')
const named = [...page.matchAll(/`([\w/.-]+\.test\.ts): ([^`]+)`/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}))

describe('docs/security.md names tests that there are', () => {
  test.for(named)('$file: $title', ({ file, title }) => {
    const path = join(root, file)
    expect(existsSync(path), file).toBe(true)
    expect(isNamedIn(readFileSync(path, 'utf8'), { title }), title).toBe(true)
  })
})

test('every threat has a test or says where it is spoken of', () => {
  const rows = page
    .split('\n')
    .filter((line) => /^\| (Spoofing|Tampering|Repudiation|Information|Denial|Elevation)/.test(line))
  expect(rows.length).toBeGreaterThan(20)
  expect(rows.filter((row) => !/\.test\.ts: |see there/.test(row))).toEqual([])
})

test.for([
  'Sybil',
  'Eclipse',
  'Flood',
  'Malware',
  'Stolen token',
  'Stolen node',
  'Rogue seeder',
  'Rogue operator replica',
])('the attacker %s is spoken of, with a test', (attacker) => {
  const paragraph = page.split('\n\n').find((one) => one.startsWith(`**${attacker}`))
  expect(paragraph).toMatch(/\.test\.ts: /)
})
