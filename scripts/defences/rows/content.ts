// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Defence } from '../defence.ts'

/** That what arrives is what was meant. */
export const content: readonly Defence[] = [
  {
    against: 'a peer that sends wrong chunks',
    file: 'swarm/src/store/verify.ts',
    take: "hash('sha256', bytes, 'buffer').equals(leafDigest(manifest, index))",
    put: 'true',
    test: {
      file: 'test/swarm/exchange/bad-peers.test.ts',
      title: 'a flipped bit is refused, counted, and the file comes from the others',
    },
  },
  {
    against: 'a peer that goes on sending wrong chunks',
    file: 'swarm/src/exchange/conduct.ts',
    take: 'return (this.#until.get(peerId) ?? Number.NEGATIVE_INFINITY) > now',
    put: 'return false',
    test: {
      file: 'swarm/src/exchange/conduct.test.ts',
      title: 'one strike is remembered, the second puts the peer into quarantine',
    },
  },
  {
    against: 'the manifest of another file',
    file: 'swarm/src/exchange/manifest-transfer.ts',
    take: 'if (manifest.cid !== this.#expectedCid) {',
    put: 'if (false) {',
    test: {
      file: 'test/swarm/exchange/bad-peers.test.ts',
      title: 'a manifest of another artifact is not taken',
    },
  },
  {
    against: 'parts of a manifest by somebody who is no seeder',
    file: 'swarm/src/exchange/part-signer.ts',
    take: "if (!roles.includes('seeder')) {",
    put: 'if (false) {',
    test: { file: 'test/swarm/growth.test.ts', title: 'parts of somebody who is no seeder' },
  },
  {
    against: 'parts of a manifest that another key has signed than the one of the seeder',
    file: 'swarm/src/exchange/signed-parts.ts',
    take: 'if (!isSigned(swarmId, part)) {',
    put: 'if (false) {',
    test: {
      file: 'test/swarm/growth.test.ts',
      title: 'parts that another key has signed than the one of the seeder',
    },
  },
  {
    against: 'a seeder that signs two digests for one chunk',
    file: 'swarm/src/exchange/manifest-growth.ts',
    take: 'this.#init.onLiar(error.signer, error)',
    put: '',
    test: {
      file: 'test/swarm/growth.test.ts',
      title:
        'a seeder that signs two digests for one chunk: all that it said is given up, also where it came second hand',
    },
  },
  {
    against: 'a whole file that is not the one of the digest',
    file: 'swarm/src/delivery/deliver.ts',
    take: 'if (sha256 !== attempt.expected) {',
    put: 'if (false) {',
    test: {
      file: 'swarm/src/delivery/deliver.test.ts',
      title: 'when the bytes in the cache are not the artifact: the old file stays',
    },
  },
  {
    against: 'a file that another key has signed than the one of its spec',
    file: 'operator/src/patch-artifact/signature.ts',
    take: "return verify(algorithm, Buffer.from(digest), key, Buffer.from(value, 'base64'))",
    put: 'return true',
    test: {
      file: 'operator/src/patch-artifact/signature.test.ts',
      title: 'of another digest is invalid, and says so',
    },
  },
]
