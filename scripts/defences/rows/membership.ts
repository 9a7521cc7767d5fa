// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Defence } from '../defence.ts'

const greeting = (row: string) => ({
  file: 'test/swarm/exchange/who-is-spoken-to.test.ts',
  title: 'a peer with %s is refused and told so',
  row,
})

/** Who is spoken to: memberships, and the keys that prove who shows them. */
export const membership: readonly Defence[] = [
  {
    against: 'a membership that somebody else than the operator has signed',
    file: 'swarm/src/membership/membership.ts',
    take: 'if (!operatorPeerIds.some((peerId) => verifySignature(peerId, statement, signed.signature))) {',
    put: 'if (false) {',
    test: greeting('one that another operator signed'),
  },
  {
    against: 'a membership that has run out',
    file: 'swarm/src/membership/membership.ts',
    take: 'if (!(expiresAt + clockSkewMs > now)) {',
    put: 'if (false) {',
    test: greeting('an expired one'),
  },
  {
    against: 'a membership of a clock that is far ahead',
    file: 'swarm/src/membership/membership.ts',
    take: 'if (!(issuedAt - clockSkewMs <= now)) {',
    put: 'if (false) {',
    test: greeting('one of a clock that is too far ahead'),
  },
  {
    against: 'five minutes between the clocks of two nodes',
    file: 'swarm/src/membership/membership.ts',
    take: 'export const clockSkewMs = 300_000',
    put: 'export const clockSkewMs = 0',
    test: {
      file: 'swarm/src/membership/membership.test.ts',
      title: '$name: $reason',
      row: 'just run out, within the allowed skew',
    },
  },
  {
    against: 'a stolen membership: that of another key than the connection has proven',
    file: 'swarm/src/membership/membership.ts',
    take: 'if (options.connectionPeerId !== undefined && peerId !== options.connectionPeerId) {',
    put: 'if (false) {',
    test: greeting("another peer's"),
  },
  {
    against: 'a membership of another profile',
    file: 'swarm/src/membership/membership.ts',
    take: 'if (options.profile !== undefined && profile !== options.profile) {',
    put: 'if (false) {',
    test: greeting('one of another profile'),
  },
  {
    against: 'the membership of a node that was revoked',
    file: 'swarm/src/membership/membership.ts',
    take: 'if (revoked && isRevoked(membership, revoked)) {',
    put: 'if (false) {',
    test: {
      file: 'test/swarm/exchange/who-is-spoken-to.test.ts',
      title: 'a peer whose node is revoked is left and not taken back, until it has proven itself anew',
    },
  },
  {
    against: 'a membership that runs out after HELLO',
    file: 'swarm/src/exchange/exchange.ts',
    take: 'onVoid: (peerId, { reason, message }) => this.#dropPeer(peerId, reason, message),',
    put: 'onVoid: () => {},',
    test: {
      file: 'test/swarm/exchange/who-is-spoken-to.test.ts',
      title: 'a peer whose membership runs out while it is connected is left',
    },
  },
  {
    against: 'a stranger who asks which files there are',
    file: 'swarm/src/exchange/exchange.ts',
    take: 'this.#checkHello(hello, peerId)\n    const swarm',
    put: 'const swarm',
    test: {
      file: 'test/swarm/exchange/who-is-spoken-to.test.ts',
      title: 'a node tells strangers nothing of a swarm, and members that it is not in it',
    },
  },
  {
    against: 'a certificate with the peer ID of another, whose key has not signed it',
    file: 'swarm/src/identity/certificate.ts',
    take: 'if (!verifySignature(peerId, Buffer.concat([SIGNATURE_PREFIX, spki]), signature)) {',
    put: 'if (false) {',
    test: {
      file: 'swarm/src/identity/certificate.test.ts',
      title: 'whose key another identity signed for proves nothing',
    },
  },
  {
    against: 'somebody else at the address of the peer that is dialled',
    file: 'swarm/src/node/native-tls.ts',
    take: 'if (options?.remotePeer !== undefined && !options.remotePeer.equals(remotePeer)) {',
    put: 'if (false) {',
    test: {
      file: 'test/swarm/node.test.ts',
      title: 'nobody else can answer for the peer that is dialled',
    },
  },
]
