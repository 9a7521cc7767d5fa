// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/** A program of a measured system ended too early, or said something else than it should. */
export class ProgramError extends Error {
  override name = 'ProgramError'
}

export interface ProgramInit {
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly directory: string
  /** What it prints goes here; its end is part of the message when the program fails. */
  readonly logFile: string
}

/** A running program that speaks in lines: what it prints, and what it is told. */
export interface Program {
  readonly pid: number
  /** Resolves with the first line, printed already or not, that begins with these words. Rejects when the program ends before. */
  line(words: string): Promise<string>
  /** The number after these words in the last line that begins with them; 0 before there is one. */
  count(words: string): number
  /** Rejects when the program ends by itself. */
  lost(): Promise<never>
  tell(line: string): void
  stop(): Promise<void>
}

export function startProgram({ command, env, directory, logFile }: ProgramInit): Program {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const log = createWriteStream(logFile, { flags: 'a' })
  child.stderr.pipe(log, { end: false })
  child.stdout.pipe(log, { end: false })
  const exited = once(child, 'exit').catch((error) => [error])
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const look = () => {
    for (const one of waiting) one()
  }
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    look()
  })
  let ended: string | undefined
  const gone = exited.then(async ([how]) => {
    const printed = await readFile(logFile, 'utf8').catch(() => '')
    ended = `${command.join(' ').slice(0, 200)} ended (${how}):\n${printed.slice(-2000)}`
    look()
  })
  child.stdin.on('error', () => {})
  return {
    pid: child.pid ?? 0,
    line: (words) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = lines.find((line) => beginsWith(line, words))
          if (found === undefined && ended === undefined) return
          waiting.delete(check)
          if (found === undefined) reject(new ProgramError(ended))
          else resolve(found)
        }
        waiting.add(check)
        check()
      }),
    count: (words) => Number(lines.findLast((line) => beginsWith(line, words))?.slice(words.length) ?? 0),
    lost: () => gone.then(() => Promise.reject(new ProgramError(ended))),
    tell: (line) => void child.stdin.write(`${line}\n`),
    async stop() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** With whole words: node10 does not begin with node1. */
const beginsWith = (line: string, words: string): boolean => `${line} `.startsWith(`${words} `)

/** What follows the first word of a line. */
export const value = (line: string): string => line.slice(line.indexOf(' ') + 1)
