// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readdir, readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { connect, makeNamespace } from './support/cluster.ts'
import { create, type Kind, verdict } from './support/crd-check.ts'

const folder = new URL('../../examples/', import.meta.url)
const client = connect()
let namespace: string

beforeAll(async () => {
  namespace = await makeNamespace(client)
})

test.for((await readdir(folder)).sort())('the API server takes %s as it is', async (file) => {
  for (const document of parseAllDocuments(await readFile(new URL(file, folder), 'utf8'))) {
    const object = document.toJS() as { kind: Kind; metadata: { name: string; namespace?: string } }
    const { namespace: _, ...metadata } = object.metadata
    const call = create(client, namespace, { ...object, metadata } as { kind: Kind }, { dryRun: true })
    expect(await verdict(call), `${object.kind} ${metadata.name}`).toBe('accepted')
  }
})
