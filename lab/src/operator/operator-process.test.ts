// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OperatorProcess, startOperator } from './operator-process.ts'

let directory: string
let operator: OperatorProcess

/** Says that it is there, and then waits for its end. */
const PROGRAM = 'console.log("up"); process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)'

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patchswarm-operator-'))
  operator = startOperator({
    command: [process.execPath, '-e', PROGRAM],
    env: {},
    logFile: join(directory, 'log'),
    log: pino({ level: 'silent' }),
  })
  await starts(1)
})
afterEach(async () => {
  await operator.stop()
  await rm(directory, { recursive: true, force: true })
})

test('comes back by itself after SIGKILL', async () => {
  const { pid } = operator
  operator.kill()
  await starts(2)
  expect(operator.pid).not.toBe(pid)
  expect(operator.restarts).toBe(1)
})

test('stays away while it is paused', async () => {
  await operator.pause()
  expect(operator.pid).toBeUndefined()
  await sleep(500)
  expect(await count()).toBe(1)
  operator.resume()
  await starts(2)
})

test('does not come back after it is stopped', async () => {
  await operator.stop()
  await sleep(500)
  expect(await count()).toBe(1)
  expect(operator.pid).toBeUndefined()
})

const count = async () => (await readFile(operator.logFile, 'utf8').catch(() => '')).match(/up/g)?.length ?? 0

async function starts(times: number): Promise<void> {
  for (let tries = 0; tries < 200 && (await count()) < times; tries++) await sleep(25)
  expect(await count()).toBe(times)
}
