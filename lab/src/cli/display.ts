// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import type { WriteStream } from 'node:tty'
import type { Progress } from '../distribution/index.ts'
import { renderLine, renderTable } from './table.ts'

/** Where the user follows what goes on. */
export interface Display {
  say(line: string): void
  progress(progress: Progress, elapsedMs: number): void
}

const PLAIN_EVERY_MS = 2000

/** A table that is drawn over itself on a terminal; elsewhere a line now and then. */
export function createDisplay(stream: WriteStream | NodeJS.WriteStream): Display {
  return stream.isTTY ? createTerminalDisplay(stream) : createPlainDisplay(stream)
}

function createTerminalDisplay(stream: NodeJS.WriteStream): Display {
  let drawn = 0
  return {
    say(line) {
      drawn = 0
      stream.write(`${line}\n`)
    },
    progress(progress, elapsedMs) {
      const lines = renderTable(progress, elapsedMs).map((line) => line.slice(0, stream.columns ?? 120))
      // Up to the first line of the last picture, then every line anew, cleared to its end.
      const up = drawn > 0 ? `\x1b[${drawn}A` : ''
      stream.write(up + lines.map((line) => `${line}\x1b[K\n`).join(''))
      drawn = lines.length
    },
  }
}

function createPlainDisplay(stream: NodeJS.WriteStream): Display {
  let last = Number.NEGATIVE_INFINITY
  return {
    say: (line) => void stream.write(`${line}\n`),
    progress(progress, elapsedMs) {
      const finished = progress.nodes.every(({ state }) => state === 'Delivered' || state === 'Failed')
      if (elapsedMs - last < PLAIN_EVERY_MS && !finished) return
      last = elapsedMs
      stream.write(`${renderLine(progress, elapsedMs)}\n`)
    },
  }
}
