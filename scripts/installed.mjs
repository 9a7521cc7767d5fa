// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

// Ends with 0 when node_modules holds exactly what package-lock.json names. Runs on Node 20, before anything is installed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')

const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages

/** npm's own note of what it installed. */
function readInstalled() {
  try {
    return read('node_modules/.package-lock.json')
  } catch {
    return {}
  }
}

const installed = readInstalled()
const isThere = ([path, wanted]) =>
  !path.startsWith('node_modules/') || wanted.link || wanted.optional || installed[path]?.version === wanted.version

process.exitCode = Object.entries(read('package-lock.json')).every(isThere) ? 0 : 1
