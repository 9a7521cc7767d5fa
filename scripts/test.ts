// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Everything that this machine can check, cheapest first (with --quick what takes seconds, with --cluster
// the chart in real clusters alone); ends with "N passed, N failed, N skipped".
import { type Outcome, runGenerated } from './test/generated.ts'
import { runTool } from './test/tool.ts'
import { runVitest } from './test/vitest.ts'

interface Step {
  name: string
  run: () => Promise<Outcome>
}

const quick: Step[] = [
  { name: 'generated files', run: runGenerated },
  { name: 'biome', run: () => runTool('biome', ['ci', '--error-on-warnings', '.']) },
  { name: 'tsc', run: () => runTool('tsc', ['-b']) },
  { name: 'knip', run: () => runTool('knip', []) },
]

/** Real processes on a busy machine: what fails once is tried once more, and named at the end. */
const SECOND_TRY = '--retry=1'

const slow: Step[] = [
  { name: 'unit tests', run: () => runVitest('unit') },
  { name: 'swarm tests', run: () => runVitest('swarm', ['--maxWorkers=3', SECOND_TRY]) },
  {
    name: 'control plane',
    run: () => runTool('node', ['--conditions=source', 'lab/src/control-plane/main.ts']),
  },
  { name: 'helm', run: () => runTool('node', ['--conditions=source', 'lab/src/helm/main.ts']) },
  { name: 'api tests', run: () => runVitest('api', ['--maxWorkers=3', SECOND_TRY]) },
  { name: 'lab tests', run: () => runVitest('lab', ['--maxWorkers=2', SECOND_TRY]) },
]

const cluster: Step[] = [
  {
    name: 'cluster tests',
    // Each test goes on where the one before ended.
    run: () =>
      runVitest('cluster', ['--no-file-parallelism', '--bail=1', '--disable-console-intercept=true']),
  },
]

function chosen(): Step[] {
  if (process.argv.includes('--cluster')) return cluster
  return process.argv.includes('--quick') ? quick : [...quick, ...slow]
}

const total: Outcome = { passed: 0, failed: [], skipped: [], flaky: [] }
const table: string[] = []
for (const { name, run } of chosen()) {
  console.log(`\n== ${name}`)
  const started = performance.now()
  const { passed, failed, skipped, flaky } = await run()
  total.passed += passed
  total.failed.push(...failed)
  total.skipped.push(...skipped)
  total.flaky.push(...flaky)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  table.push(
    `${name.padEnd(16)} ${`${seconds} s`.padStart(9)}  ${passed} passed, ${failed.length} failed, ${skipped.length} skipped`,
  )
}
console.log(`\n${table.join('\n')}`)
for (const reason of total.flaky) console.log(`passed the second time: ${reason}`)
for (const reason of total.failed) console.log(`failed: ${reason}`)
for (const reason of total.skipped) console.log(`skipped: ${reason}`)
console.log(`${total.passed} passed, ${total.failed.length} failed, ${total.skipped.length} skipped`)
process.exitCode = total.failed.length > 0 ? 1 : 0
