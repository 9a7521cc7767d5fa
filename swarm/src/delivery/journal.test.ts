// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { quiet, test } from './delivery.fixture.ts'
import { PathConflictError } from './errors.ts'
import { openJournal } from './journal.ts'

const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`

describe('a path', () => {
  test('belongs to the delivery that claimed it, over a restart too', async ({ folder }) => {
    const path = join(folder, 'state', 'journal.json')
    const journal = await openJournal(path, quiet)
    await journal.claim('/srv/x', 'one', A)
    await journal.claim('/srv/z', 'one', A, 'team/kernel')
    await journal.delivered('/srv/z', 8)
    await journal.claim('/srv/x', 'one', A)
    const again = await openJournal(path, quiet)
    expect(again.entries()).toEqual(journal.entries())
    await expect(again.claim('/srv/x', 'two', B)).rejects.toThrow(PathConflictError)
    await again.claim('/srv/y', 'two', B)
  })

  test('is not shared while the first has not brought it, even for the same bytes', async ({ folder }) => {
    const journal = await openJournal(join(folder, 'journal.json'), quiet)
    await journal.claim('/srv/x', 'one', A)
    await expect(journal.claim('/srv/x', 'two', A)).rejects.toThrow(PathConflictError)
    await journal.delivered('/srv/x', 7)
    await expect(journal.claim('/srv/x', 'two', B)).rejects.toThrow(PathConflictError)
    await journal.claim('/srv/x', 'two', A)
  })

  test('is free once its delivery is no longer listed, and what was delivered is remembered', async ({
    folder,
  }) => {
    const journal = await openJournal(join(folder, 'journal.json'), quiet)
    await journal.claim('/srv/x', 'one', A)
    await journal.delivered('/srv/x', 7)
    await journal.retain(['one', 'other'])
    await expect(journal.claim('/srv/x', 'two', B)).rejects.toThrow(PathConflictError)
    await journal.retain(['other'])
    expect(journal.entries().get('/srv/x')).toEqual({
      digest: A,
      deliveryId: undefined,
      delivered: true,
      deliveredAt: 7,
    })
    await journal.claim('/srv/x', 'two', B)
    expect(journal.entries().get('/srv/x')).toEqual({ digest: B, deliveryId: 'two', delivered: false })
  })

  test('can be forgotten', async ({ folder }) => {
    const journal = await openJournal(join(folder, 'journal.json'), quiet)
    await journal.claim('/srv/x', 'one', A)
    await journal.forget('/srv/x')
    expect((await openJournal(join(folder, 'journal.json'), quiet)).entries().size).toBe(0)
  })
})

test('many claims at once are all on disk', async ({ folder }) => {
  const path = join(folder, 'journal.json')
  const journal = await openJournal(path, quiet)
  await Promise.all(Array.from({ length: 20 }, (_, at) => journal.claim(`/srv/${at}`, 'one', A)))
  expect((await openJournal(path, quiet)).entries().size).toBe(20)
})

test.for(['', '{', '{"version":2,"paths":{}}', '{"version":1,"paths":{"/x":{}}}', 'null'])(
  'a damaged journal (%s) is put aside',
  async (content, { folder }) => {
    const path = join(folder, 'journal.json')
    await writeFile(path, content)
    const journal = await openJournal(path, quiet)
    expect(journal.entries().size).toBe(0)
    expect(await readFile(`${path}.damaged`, 'utf8')).toBe(content)
  },
)
