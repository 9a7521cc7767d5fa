// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'

/** Throws away etcd's history up to now, as the API server does every five minutes. */
export async function compactEtcd(): Promise<void> {
  const { header } = (await call('/v3/kv/range', { key: 'AA==' })) as { header: { revision: string } }
  await call('/v3/kv/compaction', { revision: header.revision, physical: true })
}

async function call(path: string, body: unknown): Promise<unknown> {
  const post = request({ socketPath: inject('etcdSocket'), path, method: 'POST' })
  post.end(JSON.stringify(body))
  const [response] = (await once(post, 'response')) as [IncomingMessage]
  const answer = await text(response)
  if (response.statusCode !== 200) throw new Error(`etcd answered ${response.statusCode}: ${answer}`)
  return JSON.parse(answer)
}
