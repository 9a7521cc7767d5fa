// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/**
 * Somebody else's traffic, as a download or a backup makes it: one TCP connection as fast as it goes. `flow.ts sink
 * ADDRESS PORT` takes it and says "bytes N" ten times a second; `flow.ts source ADDRESS PORT` sends until it is ended.
 */
const [role, address = '', text = ''] = process.argv.slice(2)
const port = Number(text)

if (role === 'sink') {
  let bytes = 0
  createServer((socket) => {
    socket.on('data', (data) => {
      bytes += data.length
    })
    socket.on('error', () => {})
  }).listen(port, address, () => console.log('ready'))
  setInterval(() => console.log(`bytes ${bytes}`), 100)
} else {
  const socket = connect(port, address)
  const block = Buffer.alloc(64 * 1024)
  for (;;) if (!socket.write(block)) await once(socket, 'drain')
}
