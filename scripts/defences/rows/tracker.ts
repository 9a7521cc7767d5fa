// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Defence } from '../defence.ts'

const token = (row: string) => ({
  file: 'operator/src/tracker/token-claims.test.ts',
  title: 'a token $name: $reason',
  row,
})
const node = (title: string) => ({ file: 'test/api/operator/connections.test.ts', title })
const place = (row: string) => ({
  file: 'operator/src/tracker/places.test.ts',
  title: 'and $name: $said',
  row,
})

/** Who the operator takes for whom, and agents for the operator. */
export const tracker: readonly Defence[] = [
  {
    against: 'a tracker that has another key than the pinned one',
    file: 'swarm/src/tracker/client-session.ts',
    take: 'if (!pinned.includes(peerId)) {',
    put: 'if (false) {',
    test: {
      file: 'test/swarm/tracker/client.test.ts',
      title: 'tells a tracker that is not the pinned one nothing, least of all its token',
    },
  },
  {
    against: 'what an earlier operator said, kept on disk',
    file: 'swarm/src/tracker/memory.ts',
    take: 'if (!kept.trackers.some((one) => trackerPeerIds.includes(one)))',
    put: 'if (false)',
    test: { file: 'swarm/src/tracker/memory.test.ts', title: 'the word of another tracker is void' },
  },
  {
    against: 'a replica that has lost its lease and does not know it',
    file: 'swarm/src/tracker/client.ts',
    take: 'if (epoch < this.#status.epoch) {',
    put: 'if (false) {',
    test: {
      file: 'test/swarm/tracker/client.test.ts',
      title: 'refuses a tracker with a lower epoch than it has seen',
    },
  },
  {
    against: 'a token that has expired, or whose Pod is gone',
    file: 'operator/src/tracker/token-claims.ts',
    take: '!status?.authenticated || ',
    put: '',
    test: token('that has expired'),
  },
  {
    against: 'a token for another audience',
    file: 'operator/src/tracker/token-claims.ts',
    take: ' || !status.audiences?.includes(tokenAudience)',
    put: '',
    test: token('for another audience'),
  },
  {
    against: 'a token of another ServiceAccount: of another profile, role or namespace',
    file: 'operator/src/tracker/token-claims.ts',
    take: 'if (status.user?.username !== expected) {',
    put: 'if (false) {',
    test: token('of another profile'),
  },
  {
    against: 'a token that is bound to no Pod',
    file: 'operator/src/tracker/token-claims.ts',
    take: 'if (!node || !podUid || !podName) {',
    put: 'if (!node) {',
    test: token('that is bound to no Pod'),
  },
  {
    against: 'a token that is bound to no node',
    file: 'operator/src/tracker/token-claims.ts',
    take: 'if (!node || !podUid || !podName) {',
    put: 'if (!podUid || !podName) {',
    test: token('that is bound to no node'),
  },
  {
    against: 'the token of a Pod whose own peer is connected',
    file: 'operator/src/tracker/places.ts',
    take: 'if (samePod && isConnected) {',
    put: 'if (false) {',
    test: place('a thief of the token, while the peer is connected'),
  },
  {
    against: 'the agent of an older Pod that claims the node of a newer one',
    file: 'operator/src/tracker/places.ts',
    take: "if (isOlder) throw new RefusedError('NewerPod', 'the agent of a newer Pod has this node', true)",
    put: '',
    test: place('another peer in an older Pod'),
  },
  {
    against: 'one key on two nodes, as after a disk was copied',
    file: 'operator/src/tracker/places.ts',
    take: 'if (this.#isOnAnotherNode(claim)) {',
    put: 'if (false) {',
    test: place('the same peer on another node, while it is connected'),
  },
  {
    against: 'two agents that claim one node at the same moment',
    file: 'operator/src/tracker/places.ts',
    take: 'holder !== undefined && this.#options.now() - holder.since < enteringMs',
    put: 'false',
    test: {
      file: 'operator/src/tracker/places.test.ts',
      title: 'is nobody else’s while the first is on its way in',
    },
  },
  {
    against: 'a peer that shows the API server a stolen token of a Pod',
    file: 'operator/src/tracker/places.ts',
    take: 'if (samePod && isConnected) {',
    put: 'if (false) {',
    test: node('is no second peer while its own is connected, whoever has stolen the token of its Pod'),
  },
  {
    against: 'the membership of a peer whose place another one has taken',
    file: 'operator/src/tracker/admit.ts',
    take: 'if (replaced !== undefined) {',
    put: 'if (false) {',
    test: node('that comes with another key has it instead of the old one, which everybody hears'),
  },
  {
    against: 'the memberships of a node that was deleted',
    file: 'operator/src/revocation/reconciler.ts',
    take: 'if (!isDone)',
    put: 'if (false)',
    test: node('that is deleted is nobody any more, for everybody and for the next leader'),
  },
  {
    against: 'a node that a person has revoked',
    file: 'operator/src/tracker/admit.ts',
    take: 'if (entry && entry.until === undefined) {',
    put: 'if (false) {',
    test: node(
      'that a person has revoked loses its connection and is refused, until the person takes that back',
    ),
  },
  {
    against: 'addresses of peers outside the allowed networks',
    file: 'operator/src/tracker/addresses.ts',
    take: "return isIPv4(ip) && allowed.check(ip, 'ipv4')",
    put: 'return isIPv4(ip)',
    test: {
      file: 'operator/src/tracker/addresses.test.ts',
      title: '%s is handed out: %s',
      row: '/ip4/203.0.113.1/tcp/4001',
    },
  },
  {
    against: 'a report with which no status could be written',
    file: 'swarm/src/tracker/client-register.ts',
    take: 'report: checkedReport(report)',
    put: 'report',
    test: {
      file: 'test/swarm/tracker/connection.test.ts',
      title: 'takes of a report what a status can hold',
    },
  },
]
