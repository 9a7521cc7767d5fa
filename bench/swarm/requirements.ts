// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** Where a program is in PATH, or where Debian has daemons. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** The line that is printed when a program is not there; undefined when it is. */
export function missingProgram(name: string, debianPackage: string): string | undefined {
  return findProgram(name) === undefined ? `${name} is not installed (Debian: ${debianPackage})` : undefined
}

/** Debian's own Python, which has Debian's modules; another one may come first in PATH. */
export const PYTHON = '/usr/bin/python3'

/** As missingProgram, for a module of Debian's Python. */
export async function missingModule(name: string, debianPackage: string): Promise<string | undefined> {
  try {
    await promisify(execFile)(PYTHON, ['-c', `import ${name}`])
    return undefined
  } catch {
    return `the Python module ${name} is not installed (Debian: ${debianPackage})`
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
