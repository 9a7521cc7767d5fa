// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { NodeProgress, Progress } from '../distribution/index.ts'
import { formatBytes, formatRate } from '../units.ts'

const BAR = 24

/** The live table: a headline, column names and a row a node. */
export function renderTable({ headline, nodes }: Progress, elapsedMs: number): string[] {
  const width = Math.max(4, ...nodes.map(({ name }) => name.length))
  const header = `${'NODE'.padEnd(width)}  ${' '.repeat(BAR + 2)}  ${'%'.padStart(4)}  ${right('RATE', 13)} ${right('ORIGIN', 10)} ${right('PEERS', 10)} ${right('CACHE', 10)}  ${right('#', 3)}  STATE`
  return [`${seconds(elapsedMs)}  ${headline}`, '', header, ...nodes.map((node) => row(node, width))]
}

function row(node: NodeProgress, width: number): string {
  const rate = node.rate > 0 ? formatRate(node.rate) : ''
  return [
    node.name.padEnd(width),
    bar(node.percent),
    `${node.percent} %`.padStart(5),
    right(rate, 12),
    `${bytes(node.fromOrigin)} ${bytes(node.fromPeers)} ${bytes(node.fromCache)}`,
    right(String(node.peers), 3),
    node.reason && node.reason !== node.state ? `${node.state} (${node.reason})` : node.state,
  ]
    .join('  ')
    .trimEnd()
}

/** A bar of fixed width. */
export function bar(percent: number): string {
  const full = Math.round((Math.min(100, Math.max(0, percent)) / 100) * BAR)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`
}

/** The same on one line, for logs. */
export function renderLine({ headline, nodes }: Progress, elapsedMs: number): string {
  const states = nodes.map(
    ({ name, percent, state }) => `${name} ${state === 'Delivered' ? 'done' : `${percent}%`}`,
  )
  return `${seconds(elapsedMs)}  ${states.join('  ')}  ${headline}`
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1).padStart(6)} s`
const right = (text: string, width: number) => text.padStart(width)
const bytes = (count: number) => right(formatBytes(count), 10)
