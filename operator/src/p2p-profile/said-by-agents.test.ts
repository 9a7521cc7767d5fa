// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { describe, expect, test } from 'vitest'
import { profile } from '../testing/objects.ts'
import { decide, quiet, running } from '../testing/profile-plans.ts'
import type { ClientView } from './observed.ts'

describe('the caches', () => {
  const withCache = (node: string, usedBytes: number, refusal = '', role: ClientView['role'] = 'agent') => ({
    role,
    node,
    wiped: false,
    ...quiet,
    cache: { usedBytes, refusal },
  })

  test('of agents are added up, and nodes that refuse are named', () => {
    const clients = [withCache('n2', 5, 'too little'), withCache('n1', 7), withCache('n1', 99, '', 'seeder')]
    expect(decide({ ...running(profile(), 2, 2), clients }).status?.cache).toEqual({
      bytes: 12,
      refused: 1,
      refusedNodes: [{ node: 'n2', message: 'too little' }],
    })
  })

  test('name no more than 20 nodes', () => {
    const clients = Array.from({ length: 30 }, (_, index) => withCache(`n${100 + index}`, 1, 'too little'))
    const { refused, refusedNodes } = decide({ ...running(profile(), 30, 30), clients }).status?.cache ?? {}
    expect([refused, refusedNodes?.length, refusedNodes?.at(-1)?.node]).toEqual([30, 20, 'n119'])
  })
})

test('nodes without an allowed root are named, and the profile is Ready all the same', () => {
  const client = {
    role: 'agent' as const,
    node: 'n2',
    wiped: false,
    ...quiet,
    rootsMissing: ['/srv/b', '/srv/a'],
  }
  const planned = decide({ ...running(profile(), 2, 2), clients: [client] })
  expect(planned.said).toBe('True RootMissing')
  expect(planned.status?.roots).toEqual({
    missing: 1,
    missingNodes: [{ node: 'n2', paths: ['/srv/a', '/srv/b'] }],
  })
})

test('versions of connected agents are counted, the most common first', () => {
  const versions = ['2.0', '1.0', '1.0']
  const clients = versions.map((version) => ({
    role: 'agent' as const,
    node: 'n',
    wiped: false,
    ...quiet,
    version,
  }))
  expect(decide({ clients }).status?.agents?.versions).toEqual([
    { version: '1.0', agents: 2 },
    { version: '2.0', agents: 1 },
  ])
})
