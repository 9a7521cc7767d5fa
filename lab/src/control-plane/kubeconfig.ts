// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'

/** How a client proves who it is. */
export type Credentials = { certPem: string; keyPem: string } | { token: string }

/** Writes a kubeconfig that holds everything itself, readable by this user only. */
export async function writeKubeconfig(
  path: string,
  server: string,
  caPem: string,
  user: string,
  credentials: Credentials,
): Promise<string> {
  const secret =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.certPem),
          'client-key-data': base64(credentials.keyPem),
        }
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: user, user: secret }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user } }],
    'current-context': 'lab',
  }
  await writeFile(path, stringify(document), { mode: 0o600 })
  return path
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
