// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Secret } from '@patchswarm/kube'

/** The only type of Secret that is read: nobody can have another one's Secret sent to a server of theirs. */
export const originSecretType = 'patchswarm.dev/origin'

/** Headers that a reader sends to the source, or why there are none, as the end of a sentence about the Secret. */
export type Credentials =
  | { readonly headers: Readonly<Record<string, string>> }
  | { readonly problem: string }

/** What the Secrets hold that artifacts name; undefined before the first look. */
export type SecretLookup = (namespace: string | undefined, name: string) => Credentials | undefined

/** They say how bytes are asked for and sent; a reader sets them itself. */
const OWN = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** `username` and `password` are basic auth, every other key is the header of that name. */
export function credentialsOf({ type, data = {} }: Pick<Secret, 'type' | 'data'>): Credentials {
  if (type !== originSecretType) return { problem: `is of type ${type ?? 'Opaque'}, not ${originSecretType}` }
  const values = new Map(Object.entries(data).map(([key, value]) => [key, textOf(value)]))
  const basic = ['username', 'password'].filter((key) => values.has(key))
  if (basic.length === 1) return { problem: `has ${basic[0]} alone: basic auth needs username and password` }
  const headers: Record<string, string> = {}
  if (basic.length === 2) headers.authorization = basicAuth(values.get('username'), values.get('password'))
  for (const [key, value] of values) {
    if (basic.includes(key)) continue
    const problem = problemOf(key, value, headers)
    if (problem) return { problem }
    headers[key.toLowerCase()] = value
  }
  return Object.keys(headers).length === 0 ? { problem: 'is empty' } : { headers }
}

function problemOf(
  key: string,
  value: string,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  if (OWN.has(key.toLowerCase())) return `has the key ${key}, a header that Patchswarm sets itself`
  if (Object.hasOwn(headers, key.toLowerCase())) return `has the header ${key} twice`
  // Never the value itself: what is said of a Secret is read by others.
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return `has characters in ${key} that no header may have`
  return undefined
}

const basicAuth = (username = '', password = ''): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** A line break at the end comes from `--from-file`; nobody means it. */
const textOf = (base64: string): string =>
  Buffer.from(base64, 'base64')
    .toString('utf8')
    .replace(/\r?\n$/, '')
