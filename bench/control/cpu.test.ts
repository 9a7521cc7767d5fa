// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { expect, test } from 'vitest'
import { cpuSeconds, programOf } from './cpu.ts'

test('the CPU of a process is that of user and system mode, whatever it is called', () => {
  const stat = '12 (a ) b) S 1 12 12 0 -1 4194304 100 0 0 0 250 50 7 7 20 0 1 0 100'
  expect(cpuSeconds(stat)).toBe(3)
})

test('a program is named without the folder where it lies', () => {
  expect(programOf('/opt/bin/etcd\0--data-dir=/tmp/x\0')).toBe('etcd')
})
