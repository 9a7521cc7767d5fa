// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'

/** Who wrote what, without the contents: enough to count API writes by user. */
const POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
    { level: 'None' },
  ],
}

export async function writeAuditPolicy(path: string): Promise<string> {
  await writeFile(path, stringify(POLICY))
  return path
}
