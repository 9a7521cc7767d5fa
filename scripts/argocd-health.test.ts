// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const script = readFileSync(join(import.meta.dirname, '../deploy/argocd/health.lua'), 'utf8')
const lua = ['lua5.4', 'lua5.3', 'lua5.1'].find((name) => spawnSync(name, ['-v']).status === 0)

/** A value as a Lua expression. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(literal).join(',')}}`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, member]) => `[${JSON.stringify(key)}]=${literal(member)}`)
    .join(',')}}`
}

/** What Argo CD would show for an object of generation 2. */
function healthOf(status: object): string {
  const program = `obj = ${literal({ metadata: { generation: 2 }, status })}
local h = (function()\n${script}\nend)()
print(h.status .. ": " .. h.message)`
  const { stdout, stderr } = spawnSync(lua ?? '', ['-'], { input: program, encoding: 'utf8' })
  return stdout.trim() || stderr
}

const condition = (type: string, status = 'True') => ({ type, status, message: `${type} says so.` })
const seen = (...conditions: object[]) => ({ observedGeneration: 2, conditions })

describe('health in Argo CD', () => {
  test.for<[string, object, string]>([
    [
      'an object that the operator has not seen',
      { observedGeneration: -1 },
      'Progressing: The operator has not',
    ],
    [
      'one that was changed since',
      { ...seen(condition('Ready')), observedGeneration: 1 },
      'Progressing: The operator',
    ],
    ['one without conditions', { observedGeneration: 2 }, 'Progressing: The operator'],
    ['one that is ready', seen(condition('Ready'), condition('Stalled', 'False')), 'Healthy: Ready says so.'],
    ['a complete job', seen(condition('Complete'), condition('Ready')), 'Healthy: Ready says so.'],
    [
      'one on its way',
      seen(condition('Ready', 'False'), condition('Reconciling')),
      'Progressing: Reconciling says so.',
    ],
    [
      'a suspended job',
      seen(condition('Reconciling'), condition('Suspended'), condition('Ready', 'False')),
      'Suspended: Suspended says so.',
    ],
    [
      'one that needs somebody',
      seen(condition('Stalled'), condition('Ready', 'False')),
      'Degraded: Stalled says so.',
    ],
    ['a failed job', seen(condition('Failed'), condition('Stalled')), 'Degraded: Failed says so.'],
  ])('%s', ([, status, says], { skip }) => {
    skip(lua === undefined, 'there is no lua: the package lua5.4 brings it')
    expect(healthOf(status)).toContain(says)
  })
})
