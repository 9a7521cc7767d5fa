// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { type DeliveryNode, ROOT, test } from './delivery.fixture.ts'
import type { JournalEntry } from './journal.ts'
import { outdated, removeOlderVersions } from './versions.ts'

const series = 'team/kernel'
const entry = (over: Partial<JournalEntry> = {}): JournalEntry => ({
  digest: `sha256:${'a'.repeat(64)}`,
  deliveryId: undefined,
  delivered: true,
  series,
  deliveredAt: 0,
  ...over,
})
const three = { '/srv/1': entry({ deliveredAt: 1 }), '/srv/2': entry({ deliveredAt: 2 }), '/srv/3': entry() }

test.for<{ name: string; entries?: Record<string, JournalEntry>; keep: number; are: string[] }>([
  { name: 'all but the newest', keep: 1, are: ['/srv/1', '/srv/2'] },
  { name: 'all but the newest two', keep: 2, are: ['/srv/1'] },
  { name: 'none while there are no more than stay', keep: 3, are: [] },
  {
    name: 'none of another series, or of none',
    entries: {
      '/srv/1': entry({ series: 'team/other' }),
      '/srv/2': entry({ series: undefined }),
      '/srv/3': entry(),
    },
    keep: 1,
    are: [],
  },
  {
    name: 'none in another directory',
    entries: { '/srv/old/1': entry(), '/srv/3': entry() },
    keep: 1,
    are: [],
  },
  {
    name: 'none that was never brought',
    entries: { '/srv/1': entry({ delivered: false }), '/srv/3': entry() },
    keep: 1,
    are: [],
  },
  {
    name: 'none that a delivery owns, however old',
    entries: { ...three, '/srv/1': entry({ deliveredAt: 1, deliveryId: 'job/x' }) },
    keep: 1,
    are: ['/srv/2'],
  },
])('one too many are $name', ({ entries = three, keep, are }) => {
  expect(outdated(new Map(Object.entries(entries)), { path: '/srv/3', series, keep })).toEqual(are)
})

describe('on a node', () => {
  const deliver = async (node: DeliveryNode, fileName: string) => {
    const id = `job-${fileName}/patch`
    await node.deliver({ id, fileName, series })
    await node.journal.retain([])
  }
  const tidy = ({ mount, journal }: DeliveryNode, keep: number) =>
    removeOlderVersions({
      path: `${ROOT}/app/3.bin`,
      series,
      keep,
      journal,
      roots: new Map([[ROOT, mount]]),
    })

  test('older versions go, and nothing that was not delivered', async ({ node }) => {
    await mkdir(join(node.mount, 'app'))
    await writeFile(join(node.mount, 'app/0.bin'), 'mine')
    for (const name of ['1.bin', '2.bin', '3.bin']) await deliver(node, name)
    expect(await tidy(node, 2)).toEqual([`${ROOT}/app/1.bin`])
    expect(await node.names('app')).toEqual(['0.bin', '2.bin', '3.bin'])
    expect(await tidy(node, 2)).toEqual([])
  })

  test('a version that another delivery takes meanwhile stays, and stays known', async ({ node }) => {
    for (const name of ['1.bin', '3.bin']) await deliver(node, name)
    const removed = tidy(node, 1)
    await node.deliver({ id: 'job-back/patch', fileName: '1.bin', series })
    expect(await removed).toEqual([])
    expect(await node.names('app')).toEqual(['1.bin', '3.bin'])
    expect(node.journal.entries().get(`${ROOT}/app/1.bin`)).toMatchObject({
      deliveryId: 'job-back/patch',
      delivered: true,
    })
  })

  test('a version that somebody has changed stays, and is not looked at again', async ({ node }) => {
    for (const name of ['1.bin', '3.bin']) await deliver(node, name)
    await writeFile(join(node.mount, 'app/1.bin'), 'mine')
    expect(await tidy(node, 1)).toEqual([])
    expect(await node.names('app')).toEqual(['1.bin', '3.bin'])
    expect([...node.journal.entries().keys()]).toEqual([`${ROOT}/app/3.bin`])
  })
})
