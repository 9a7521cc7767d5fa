// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type DeliveryNode, ROOT, test } from './delivery.fixture.ts'
import { lookAfter, type Mark } from './guard.ts'

const look = ({ mount, journal, digest }: DeliveryNode, known?: Mark, other = digest) =>
  lookAfter({ directory: `${ROOT}/app`, fileName: 'patch.bin', digest: other }, known, {
    roots: new Map([[ROOT, mount]]),
    journal,
  })
/** The clock of a file system stands still for up to 10 ms: what happens within is not seen by ctime. */
const tick = () => new Promise((resolve) => setTimeout(resolve, 50))
const fileOf = ({ mount }: DeliveryNode) => join(mount, 'app/patch.bin')

test('a file is as it was delivered until its bytes are others', async ({ node }) => {
  await node.deliver()
  const mark = await look(node)
  expect(mark).toBeDefined()
  await tick()
  await writeFile(fileOf(node), Buffer.alloc(node.bytes.length))
  expect(await look(node, mark)).toBeUndefined()
  await node.deliver()
  expect(await look(node, mark)).toBeDefined()
})

test('a file with other rights is not as it was, until it has them again or was delivered anew', async ({
  node,
}) => {
  await node.deliver()
  const mark = await look(node)
  await chmod(fileOf(node), 0o600)
  expect(await look(node, mark)).toBeUndefined()
  await node.deliver()
  expect((await look(node, mark))?.rights).toBe(mark?.rights)
  // Not every file system takes what was asked for: as it lies there after a delivery, it is right.
  await chmod(fileOf(node), 0o600)
  expect(await look(node)).toBeDefined()
})

test('a file that was only found right, and not delivered, is known by its bytes', async ({ node }) => {
  await node.deliver()
  await node.journal.forget(`${ROOT}/app/patch.bin`)
  expect(await look(node)).toBeDefined()
  expect(await look(node, undefined, `sha256:${'0'.repeat(64)}`)).toBeUndefined()
})

test('a file that is gone is not as it was, nor one in a directory that is gone', async ({ node }) => {
  await node.deliver()
  await rm(fileOf(node))
  expect(await look(node)).toBeUndefined()
  await rm(join(node.mount, 'app'), { recursive: true })
  expect(await look(node)).toBeUndefined()
})
