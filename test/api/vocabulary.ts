// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kstatusesOf, nodeSkipReasons, vocabulary } from '@patchswarm/api'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where each control plane of this tier leaves a file with all that its operators have said. */
    saidFolder: string
  }
}

/** The operators of all tests together have said something that is documented nowhere, or never said what is. */
class VocabularyError extends Error {
  override name = 'VocabularyError'
}

/** Compares what all files of the tier have made operators say with api/src/conditions.ts, when the last of them is done. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'patchswarm-said-'))
  project.provide('saidFolder', folder)
  return async () => {
    const said = await readAll(folder)
    await rm(folder, { recursive: true, force: true })
    const known = documented()
    const unknown = [...said].filter((one) => !known.has(one))
    const missing = (await ranWhole(project)) ? [...known].filter((one) => !said.has(one)) : []
    const problems = [
      ...unknown.map((one) => `said, and not in api/src/conditions.ts: ${one}`),
      ...missing.map((one) => `in api/src/conditions.ts, and reached by no test of test/api: ${one}`),
    ]
    if (problems.length > 0) throw new VocabularyError(problems.join('\n'))
  }
}

async function readAll(folder: string): Promise<Set<string>> {
  const texts = (await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8'))
  return new Set((await Promise.all(texts)).flatMap((text) => text.split('\n')).filter((line) => line !== ''))
}

/** In the words of support/operator/said.ts. */
function documented(): Set<string> {
  const ofKinds = Object.entries(vocabulary).flatMap(([kind, words]) => [
    ...words.types.map((type) => `${kind} condition ${type}`),
    ...Object.keys(words.reasons).flatMap((reason) =>
      kstatusesOf(words, reason).map((kstatus) => `${kind} reason ${reason} ${kstatus}`),
    ),
  ])
  return new Set([
    ...ofKinds,
    ...Object.keys(nodeSkipReasons).map((reason) => `DistributionJob skipped ${reason}`),
  ])
}

/** Who runs one file, or whose test fails, is not told what else was not reached. */
async function ranWhole(project: TestProject): Promise<boolean> {
  const { testFiles } = await project.globTestFiles()
  const ran = project.vitest.state.getTestModules().filter((one) => one.project === project)
  const { testNamePattern } = project.vitest.config
  return testNamePattern === undefined && ran.length === testFiles.length && ran.every((one) => one.ok())
}
