// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Defence } from '../defence.ts'

/** How much one address or peer may ask for. */
export const floods: readonly Defence[] = [
  {
    against: 'more connections from one address to the tracker than it may have',
    file: 'swarm/src/tracker/admission-limits.ts',
    take: 'same >= this.#perAddress ||',
    put: '',
    test: {
      file: 'test/swarm/tracker/server.test.ts',
      title:
        'takes no more connections from one address than allowed, and takes new ones when some have gone',
    },
  },
  {
    against: 'a thousand connections from one address to the tracker that say nothing',
    file: 'swarm/src/tracker/admission-limits.ts',
    take: 'this.#handshakesOf(address) >= MAX_HANDSHAKES_OF_ADDRESS',
    put: 'false',
    test: {
      file: 'test/swarm/tracker/server.test.ts',
      title: 'leaves room for others when one address opens a thousand connections and says nothing',
    },
  },
  {
    against: 'a thousand connections from one address to an agent',
    file: 'swarm/src/node/address-limit.ts',
    take: 'if (open >= mostOfAddress) return false',
    put: '',
    test: {
      file: 'test/swarm/node.test.ts',
      title: 'a thousand connections from one address leave room for others',
    },
  },
  {
    against: 'a client that says more to the tracker than anybody has to say',
    file: 'swarm/src/tracker/server-connection.ts',
    take: 'if (this.#window.messages > MAX_MESSAGES_A_WINDOW) {',
    put: 'if (false) {',
    test: {
      file: 'test/swarm/tracker/server.test.ts',
      title: 'drops a client that sends more than anybody has to say',
    },
  },
  {
    against: 'a client of the tracker that does not read',
    file: 'swarm/src/tracker/server-connection.ts',
    take: 'const MAX_BUFFERED_BYTES = 8 * 1024 * 1024',
    put: 'const MAX_BUFFERED_BYTES = Infinity',
    test: {
      file: 'test/swarm/tracker/server.test.ts',
      title: 'drops a client that does not read, and keeps the others',
    },
  },
  {
    against: 'frames of megabytes from somebody whom the tracker does not know yet',
    file: 'swarm/src/tracker/server-connection.ts',
    take: 'maxFrameBytes: MAX_HELLO_BYTES,',
    put: 'maxFrameBytes: MAX_CLIENT_FRAME_BYTES,',
    test: {
      file: 'test/swarm/tracker/server.test.ts',
      title: 'drops a client that sends $name',
      row: 'more than a hello before it is known',
    },
  },
  {
    against: 'a frame of a stranger that takes a thousand times its size in memory',
    file: 'swarm/src/tracker/client-message.ts',
    take: "else if (!isHello(bytes)) throw new TrackerProtocolError('a message before the welcome')",
    put: '',
    test: {
      file: 'swarm/src/tracker/client-message.test.ts',
      title: 'nothing is made of %s',
      row: 'thirty thousand artifacts of one who is not known',
    },
  },
  {
    against: 'a report of a member that takes a thousand times its size in memory',
    file: 'swarm/src/tracker/client-message.ts',
    take: 'if (isKnown) checkParts(ClientMessageSchema, bytes, MOST_PARTS)',
    put: 'if (isKnown) void checkParts',
    test: {
      file: 'swarm/src/tracker/client-message.test.ts',
      title: 'nothing is made of %s',
      row: 'more sources',
    },
  },
  {
    against: 'a peer that says more than anybody has to say',
    file: 'swarm/src/exchange/message-rate.ts',
    take: 'if (this.#count > mostMessages) {',
    put: 'if (false) {',
    test: {
      file: 'swarm/src/exchange/message-rate.test.ts',
      title: 'a peer that says more than anybody has to say breaks the protocol',
    },
  },
  {
    against: 'a peer that opens streams and does not say HELLO',
    file: 'swarm/src/exchange/exchange.ts',
    take: 'if (waiting >= mostUngreeted) {',
    put: 'if (false) {',
    test: {
      file: 'test/swarm/exchange/who-is-spoken-to.test.ts',
      title: 'of the streams on which a peer says no HELLO 64 are taken, and others are heard',
    },
  },
]
