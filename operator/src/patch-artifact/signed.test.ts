// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { complete, decide, says } from '../testing/artifact-plans.ts'
import { artifact, digest } from '../testing/objects.ts'
import type { Observed } from './observed.ts'

const { publicKey } = generateKeyPairSync('ed25519')
const signedWith = (signature: object) =>
  artifact({
    signature: { publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(), ...signature },
  })

test.for<{ name: string; given: Partial<Observed>; said: string; message?: string | RegExp }>([
  {
    name: 'stalls when the signature is wrong, although the file is here',
    given: { artifact: signedWith({ value: 'AAAAAAAAAAAA' }), seeders: says(complete()) },
    said: 'False Stalled SignatureInvalid',
    message: `spec.signature.value is no signature of ${digest} by the key of spec.signature.publicKey. Nothing is delivered: create a new PatchArtifact with the right signature.`,
  },
  {
    name: 'is not ready before the signature was read',
    given: { artifact: signedWith({ url: 'http://origin/a.sig' }), seeders: says(complete()) },
    said: 'False Resolving',
  },
  {
    name: 'stalls when the signature cannot be read',
    given: {
      artifact: signedWith({ url: 'http://origin/a.sig' }),
      seeders: says(complete({ signatureError: 'http://origin/a.sig answers 404' })),
    },
    said: 'False Stalled SignatureUnreachable',
    message: 'http://origin/a.sig answers 404. The seeder goes on trying; nothing is delivered before.',
  },
])('$name', ({ given, said, message }) => {
  const decision = decide(given)
  expect(decision.said).toBe(said)
  if (message) expect(decision.message).toMatch(message)
})

test('a signature that was read is kept, and wanted no more', () => {
  const wanting = signedWith({ url: 'http://origin/a.sig' })
  const { status } = decide({ artifact: wanting, seeders: says(complete({ signature: 'AAAA' })) })
  expect(status.signature).toBe('AAAA')
  const after = decide({ artifact: { ...wanting, status }, seeders: says(complete()) })
  expect([after.status.signature, after.said]).toEqual(['AAAA', 'False Stalled SignatureInvalid'])
})
