// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { VERSION } from '../../agent/src/tracker-link.ts'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')

test('chart, images and agents carry the same version', () => {
  const { version, appVersion } = parse(read('charts/patchswarm/Chart.yaml'))
  expect([version, appVersion, VERSION]).toEqual(Array(3).fill(JSON.parse(read('package.json')).version))
})
