// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { BenchResult } from './result.ts'
import { describeScenario } from './table.ts'

const WIDTH = 760
const HEIGHT = 420
const AREA = { left: 60, top: 50, right: 600, bottom: 370 }
/** Told apart by people who see colours in other ways, too (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000']

/** "Nodes complete over time": a staircase a system (its median run), and the fluid bound. An SVG document. */
export function plot({ scenario, fluidBoundSeconds, systems }: BenchResult): string {
  const curves = Object.entries(systems).map(([name, system]) => ({
    name,
    done: medianRun(system.runs, system.makespanSeconds).toSorted((a, b) => a - b),
  }))
  const longest = Math.max(fluidBoundSeconds ?? 0, ...curves.flatMap(({ done }) => done), 1e-3)
  const step = niceStep(longest)
  const end = Math.ceil(longest / step) * step
  const x = (seconds: number) => AREA.left + (seconds / end) * (AREA.right - AREA.left)
  const y = (nodes: number) => AREA.bottom - (nodes / scenario.nodes) * (AREA.bottom - AREA.top)
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, i) => i * step)
  const parts = [
    text(AREA.left, 24, `Nodes complete over time: ${describeScenario(scenario)}`, 'start', 15),
    ...ticks.flatMap((tick) => [
      line(x(tick), AREA.top, x(tick), AREA.bottom, '#ddd'),
      text(x(tick), AREA.bottom + 18, String(Number(tick.toPrecision(6))), 'middle'),
    ]),
    text((AREA.left + AREA.right) / 2, AREA.bottom + 38, 'seconds after the start', 'middle'),
    ...[0, scenario.nodes].map((nodes) => text(AREA.left - 8, y(nodes) + 4, String(nodes), 'end')),
    line(AREA.left, AREA.bottom, AREA.right, AREA.bottom, '#333'),
    line(AREA.left, AREA.top, AREA.left, AREA.bottom, '#333'),
    ...(fluidBoundSeconds === null ? [] : bound(x(fluidBoundSeconds))),
    ...curves.flatMap(({ name, done }, i) => curve(name, done, i, x, y)),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif">
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`
}

/** The run whose last node is nearest to the median of last nodes. */
function medianRun(runs: readonly { nodeSeconds: readonly number[] }[], makespan: number): readonly number[] {
  const distance = (done: readonly number[]) => Math.abs(Math.max(...done) - makespan)
  const [nearest] = runs.map((run) => run.nodeSeconds).toSorted((a, b) => distance(a) - distance(b))
  return nearest ?? []
}

/** 1, 2 or 5 times a power of ten: at most ten steps up to `longest`. */
export function niceStep(longest: number): number {
  const power = 10 ** Math.floor(Math.log10(longest / 10))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => longest / step <= 10) ?? 10 * power
}

function curve(
  name: string,
  done: readonly number[],
  index: number,
  x: (seconds: number) => number,
  y: (nodes: number) => number,
): string[] {
  const colour = COLOURS[index % COLOURS.length] ?? '#000'
  const stairs = done.map((seconds, i) => `H${number(x(seconds))}V${number(y(i + 1))}`)
  const at = AREA.top + 12 + 20 * index
  return [
    `<path d="M${number(x(0))} ${number(y(0))}${stairs.join('')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    line(AREA.right + 20, at - 4, AREA.right + 40, at - 4, colour, 2),
    text(AREA.right + 46, at, name, 'start'),
  ]
}

const bound = (at: number): string[] => [
  `<path d="M${number(at)} ${AREA.top}V${AREA.bottom}" stroke="#333" stroke-dasharray="5 4"/>`,
  text(at, AREA.top - 6, 'fluid bound', 'middle'),
]

const number = (value: number): string => String(Number(value.toFixed(2)))

const line = (x1: number, y1: number, x2: number, y2: number, colour: string, width = 1): string =>
  `<path d="M${number(x1)} ${number(y1)}L${number(x2)} ${number(y2)}" stroke="${colour}" stroke-width="${width}"/>`

function text(x: number, y: number, content: string, anchor: string, size = 12): string {
  const escaped = content.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
  return `<text x="${number(x)}" y="${number(y)}" text-anchor="${anchor}" font-size="${size}">${escaped}</text>`
}
