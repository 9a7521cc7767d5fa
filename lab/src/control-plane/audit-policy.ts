// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'

/** Who wrote what, to count API writes by user; of the contents only what our objects say of themselves. */
const POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Request', verbs: ['patch'], resources: [{ group: 'patchswarm.dev', resources: ['*/status'] }] },
    { level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
    { level: 'None' },
  ],
}

export async function writeAuditPolicy(path: string): Promise<string> {
  await writeFile(path, stringify(POLICY))
  return path
}
