// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { modulePrograms } from './module-programs.ts'

const log = pino({ level: 'silent' })
let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'patchswarm-module-'))
  await mkdir(join(home, 'tools', 'dns'), { recursive: true })
  await writeFile(join(home, 'tools', 'go.mod'), 'module tools')
  await writeFile(join(home, 'tools', 'dns', 'main.go'), 'package main')
  // A go that writes what it is asked for: -o PATH PACKAGE are its last three arguments.
  const go = join(home, 'go')
  await writeFile(
    go,
    `#!/bin/sh\necho "$*" >>${home}/calls\n[ "$1" = version ] && exit\nwhile [ $# -gt 2 ]; do shift; done\necho built >$1; chmod +x $1\n`,
  )
  await chmod(go, 0o755)
})
afterEach(() => rm(home, { recursive: true, force: true }))

const find = () =>
  modulePrograms({
    module: join(home, 'tools'),
    programs: { dns: './dns', helm: 'helm.sh/helm/v4/cmd/helm' },
    environment: { HOME: home, PATH: `${home}:/usr/bin:/bin` },
    log,
  })

const builds = async () => (await readFile(join(home, 'calls'), 'utf8')).match(/^build .*/gm)?.length

test('the programs of a module are built once, and again when a file of it changes', async () => {
  const found = await find()
  expect(await readFile(found.helm, 'utf8')).toBe('built\n')
  expect(await find()).toEqual(found)
  expect(await builds()).toBe(2)
  await writeFile(join(home, 'tools', 'dns', 'main.go'), 'package main // changed')
  expect((await find()).dns).not.toBe(found.dns)
  expect(await builds()).toBe(4)
})
