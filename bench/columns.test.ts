// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { columns } from './columns.ts'

test('numbers stand to the right, names to the left', () => {
  expect(
    columns([
      ['a', '10'],
      ['long', '9'],
    ]),
  ).toEqual(['a     10', 'long   9'])
})
