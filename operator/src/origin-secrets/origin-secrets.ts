// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { isDeepStrictEqual } from 'node:util'
import type { PatchArtifact } from '@patchswarm/api'
import { type Client, isForbidden, isNotFound, keyOf, SECRET } from '@patchswarm/kube'
import type { Logger } from 'pino'
import type { Caches } from '../caches.ts'
import { artifactsOf } from '../tracker/work.ts'
import { type Credentials, credentialsOf, type SecretLookup } from './credentials.ts'

/** A changed Secret is known after this at the latest: a watch would need leave to list all Secrets of a namespace. */
const refreshMs = 30_000
/** One that is missing or wrong is likely to be made or mended soon. */
const troubledMs = 5000

export interface OriginSecrets {
  readonly lookup: SecretLookup
  /** Called when a lookup may say something else, with the namespaces that this is about. */
  onChange(listener: (namespaces: ReadonlySet<string>) => void): () => void
}

export interface OriginSecretsOptions {
  client: Client
  caches: Pick<Caches, 'artifacts' | 'profiles' | 'namespaces'>
  operatorNamespace: string
  log: Logger
}

/**
 * Reads by name the Secrets that admitted artifacts name, and no others, until the signal. Resolves after the first look, so
 * that no reader is told to stop for want of a Secret that is there.
 */
export async function watchOriginSecrets(
  options: OriginSecretsOptions,
  signal: AbortSignal,
): Promise<OriginSecrets> {
  const { caches, log } = options
  const known = new Map<string, Credentials>()
  const listeners = new Set<(namespaces: ReadonlySet<string>) => void>()
  let timer: NodeJS.Timeout | undefined
  let running = false
  const refresh = async (): Promise<void> => {
    if (running || signal.aborted) return
    running = true
    const changed = await readAll(options, known, signal).catch((error: unknown) => {
      if (!signal.aborted) log.warn({ err: error }, 'Secrets of origins could not be read')
      return new Set<string>()
    })
    running = false
    if (signal.aborted) return
    if (changed.size > 0) for (const listener of listeners) listener(changed)
    const isTroubled = [...known.values()].some((one) => 'problem' in one)
    timer = setTimeout(refresh, missing(options, known) ? 0 : isTroubled ? troubledMs : refreshMs)
  }
  const soon = (): void => {
    if (signal.aborted || !missing(options, known)) return
    clearTimeout(timer)
    void refresh()
  }
  const stops = [caches.artifacts, caches.profiles, caches.namespaces].map((cache) => cache.onChange(soon))
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    for (const stop of stops) stop()
  })
  await refresh()
  return {
    lookup: (namespace, name) => known.get(keyOf(name, namespace)),
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

interface Named {
  readonly key: string
  readonly name: string
  readonly namespace: string
}

/** Each once. */
function namedBy({ caches, operatorNamespace }: OriginSecretsOptions): Map<string, Named> {
  const artifacts = caches.profiles
    .list()
    .flatMap((profile) => artifactsOf(caches, profile, operatorNamespace))
  return new Map(artifacts.flatMap(secretsOf).map((one) => [one.key, one]))
}

function secretsOf({ metadata: { namespace = '' }, spec }: PatchArtifact): Named[] {
  const names = spec.sources.flatMap(({ http }) => (http?.secretRef ? [http.secretRef.name] : []))
  return names.map((name) => ({ key: keyOf(name, namespace), name, namespace }))
}

const missing = (options: OriginSecretsOptions, known: ReadonlyMap<string, Credentials>): boolean =>
  [...namedBy(options).keys()].some((key) => !known.has(key))

/** @returns namespaces in which something is known now that was not before */
async function readAll(
  options: OriginSecretsOptions,
  known: Map<string, Credentials>,
  signal: AbortSignal,
): Promise<Set<string>> {
  const changed = new Set<string>()
  const named = namedBy(options)
  for (const key of known.keys()) if (!named.has(key)) known.delete(key)
  for (const { key, name, namespace } of named.values()) {
    const found = await read(options, name, namespace, known.get(key), signal)
    if (isDeepStrictEqual(found, known.get(key))) continue
    known.set(key, found)
    changed.add(namespace)
  }
  return changed
}

/** While the API server is away, what was known holds. */
async function read(
  { client, log }: OriginSecretsOptions,
  name: string,
  namespace: string,
  before: Credentials | undefined,
  signal: AbortSignal,
): Promise<Credentials> {
  try {
    return credentialsOf(await client.for(SECRET).get(name, namespace, signal))
  } catch (error) {
    signal.throwIfAborted()
    if (isNotFound(error)) return { problem: 'does not exist' }
    if (isForbidden(error)) {
      return { problem: `may not be read by the operator: bind ${readerRole} in namespace ${namespace}` }
    }
    log.warn({ err: error, namespace, name }, 'a Secret could not be read')
    return before ?? { problem: 'could not be read yet' }
  }
}

const readerRole = 'ClusterRole patchswarm-origin-secrets to its ServiceAccount'
