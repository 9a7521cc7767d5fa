// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { KubeConfigError, loadKubeConfig } from './kube-config.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patchswarm-kubeconfig-'))
})
afterAll(() => rm(directory, { recursive: true }))

const document = (current: string) => `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:6443" } }]
users: [{ name: u, user: { token: t } }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: ${current}
`

test('a kubeconfig is read', async () => {
  const path = join(directory, 'good')
  await writeFile(path, document('x'))
  expect(loadKubeConfig(path).getCurrentCluster()?.server).toBe('https://127.0.0.1:6443')
})

test.for([
  { name: 'a file that is not there', file: undefined, message: /cannot read the kubeconfig .*\/bad/ },
  { name: 'a file that is no YAML', file: '{', message: /cannot read the kubeconfig .*\/bad/ },
  { name: 'a context that is not in it', file: document('y'), message: /no current-context/ },
])('$name is one clear error', async ({ file, message }) => {
  const path = join(directory, 'bad')
  await rm(path, { force: true })
  if (file !== undefined) await writeFile(path, file)
  expect(() => loadKubeConfig(path)).toThrow(KubeConfigError)
  expect(() => loadKubeConfig(path)).toThrow(message)
})

test('outside a Pod and without a path the error says what to set', () => {
  expect(() => loadKubeConfig()).toThrow(/set KUBECONFIG/)
})
