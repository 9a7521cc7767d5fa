// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { run } from '../process/index.ts'

const notRoot = process.getuid?.() !== 0

/** What the switch is called on its wire before a link comes, and after. */
const script = `
  import { addLink, makeSwitch } from ${JSON.stringify(fileURLToPath(new URL('./switch.ts', import.meta.url)))}
  import { run } from ${JSON.stringify(fileURLToPath(new URL('../process/index.ts', import.meta.url)))}
  const lan = { name: 'lan0', address: '10.90.0.1' }
  const hardware = async () => JSON.parse(await run('ip', ['-j', 'link', 'show', 'dev', lan.name]))[0].address
  await makeSwitch(lan)
  const before = await hardware()
  const queues = { up: 'pfifo limit 1000', down: 'pfifo limit 1000' }
  await addLink(lan, 'n1', '10.90.0.2', queues)
  console.log(before, await hardware())
`

test('who has spoken to the switch still reaches it when a link comes', async ({ skip }) => {
  skip(notRoot, 'network namespaces need root')
  const node = [process.execPath, '--conditions=source', '--input-type=module', '--eval', script]
  const [before, after] = (await run('unshare', ['--net', '--mount', ...node])).trim().split(' ')
  expect(after).toBe(before)
})
