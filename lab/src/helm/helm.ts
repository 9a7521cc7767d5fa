// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type Environment, processEnvironment } from '../control-plane/config.ts'
import { collect, moduleCache } from '../control-plane/module-cache.ts'
import { modulePrograms } from '../control-plane/module-programs.ts'

/** The Go module that pins Helm's version: what it renders is compared byte by byte, so no other one will do. */
const module = join(import.meta.dirname, '..', '..', 'helm')
const programs = { helm: 'helm.sh/helm/v4/cmd/helm' }

/** The path of our Helm where it has been built already. */
export async function builtHelm(
  environment: Environment = processEnvironment(),
): Promise<string | undefined> {
  const found = new Map<'helm', string>()
  await collect(await moduleCache(module, environment), ['helm'], found)
  return found.get('helm')
}

/**
 * The path of our Helm, which is built once from Go modules: about two minutes on two cores.
 *
 * @throws {GoBuildError} where there is no Go, or it does not compile.
 */
export async function findHelm(log: Logger, signal?: AbortSignal): Promise<string> {
  const { helm } = await modulePrograms({ module, programs, log, ...(signal && { signal }) })
  return helm
}
