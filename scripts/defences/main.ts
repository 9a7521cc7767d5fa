// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Takes each defence away, one after the other and in a copy, and looks whether the test fails that is to notice. With words
// as arguments only the defences that speak of one of them. Ends with 1 when a test does not notice.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../test/tool.ts'
import { copyOf } from './copy.ts'
import { type Defence, without } from './defence.ts'
import { defences } from './defences.ts'
import { runTests } from './run-tests.ts'
import { projectOf } from './test-name.ts'
import { gapIn, passes } from './verdict.ts'

/** Tests of these that do not pass as things are: what they show is nothing. */
async function failing(
  chosen: readonly Defence[],
  directory: string,
  signal: AbortSignal,
): Promise<Set<Defence>> {
  const found = new Set<Defence>()
  for (const some of Map.groupBy(chosen, ({ test }) => projectOf(test)).values()) {
    const ran = await runTests(
      directory,
      some.map(({ test }) => test),
      signal,
    )
    for (const one of some) if (!passes(one.test, ran)) found.add(one)
  }
  return found
}

/** @returns why the test does not show that the defence holds; undefined when it does */
async function look(defence: Defence, directory: string, signal: AbortSignal): Promise<string | undefined> {
  const file = join(directory, defence.file)
  const source = await readFile(file, 'utf8')
  try {
    await writeFile(file, without(defence, source))
    return gapIn(defence.test, await runTests(directory, [defence.test], signal))
  } finally {
    await writeFile(file, source)
  }
}

const saying = (words: readonly string[]) => (defence: Defence) =>
  words.length === 0 || words.some((word) => JSON.stringify(defence).includes(word))

async function run(words: readonly string[], signal: AbortSignal): Promise<number> {
  const chosen = defences.filter(saying(words))
  await using copy = await copyOf(ROOT)
  const broken = await failing(chosen, copy.directory, signal)
  let gaps = 0
  for (const defence of chosen) {
    const started = performance.now()
    const gap = broken.has(defence)
      ? 'it does not pass with it either'
      : await look(defence, copy.directory, signal)
    gaps += gap === undefined ? 0 : 1
    print(defence, gap, performance.now() - started)
  }
  console.log(`${chosen.length} defences, ${chosen.length - gaps} whose test fails without them`)
  return chosen.length === 0 || gaps > 0 ? 1 : 0
}

function print({ against, file, test }: Defence, gap: string | undefined, ms: number): void {
  const name = [test.title, ...(test.row === undefined ? [] : [test.row])].join(', ')
  console.log(`against ${against} (${file})`)
  console.log(`  ${test.file}: ${name}`)
  console.log(`  fails without it: ${gap === undefined ? 'yes' : `no, ${gap}`} (${(ms / 1000).toFixed(1)} s)`)
}

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => stop.abort(new Error(`received ${name}`)))
try {
  process.exitCode = await run(process.argv.slice(2), stop.signal)
} catch (error) {
  if (!stop.signal.aborted) throw error
  console.error(stop.signal.reason.message)
  process.exitCode = 1
}
