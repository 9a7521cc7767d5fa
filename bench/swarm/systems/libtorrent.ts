// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program } from '../program.ts'
import { missingModule, PYTHON } from '../requirements.ts'
import type { Started, System } from '../system.ts'
import { makeTorrent } from './torrent.ts'

const SCRIPT = fileURLToPath(new URL('./libtorrent-peer.py', import.meta.url))
const PIECE = 2 ** 20
const PORT = 6881

/** libtorrent at its best on a LAN: a standing mesh before `go`, TCP only, no RC4, upload slots without limit. */
const libtorrent: System = {
  name: 'libtorrent',
  missing: () => missingModule('libtorrent', 'python3-libtorrent'),
  async start({ place, file }): Promise<Started> {
    const torrent = join(place.folder, 'file.torrent')
    await writeFile(torrent, await makeTorrent(file, 'file.bin', PIECE, ''))
    const run = (folder: string, address: string, role: string) => [
      PYTHON,
      SCRIPT,
      torrent,
      folder,
      address,
      role,
    ]
    const seed = place.start(run(place.folder, place.address, 'seed'))
    await seed.line('ready')
    const members: { program: Program; address: string }[] = [{ program: seed, address: place.address }]
    return {
      async join({ folder, address, start }) {
        const program = start(run(folder, address, 'receiver'))
        await program.line('ready')
        members.push({ program, address })
        return {
          file: join(folder, 'file.bin'),
          async receive() {
            program.tell('go')
            await program.line('done')
          },
        }
      },
      async ready() {
        // Each dials those that came before it.
        for (const [index, { program }] of members.entries()) {
          for (const { address } of members.slice(0, index)) program.tell(`connect ${address} ${PORT}`)
        }
        await Promise.all(members.map(({ program }) => connected(program, members.length - 1)))
      },
      async stop() {},
    }
  },
}
export default libtorrent

async function connected(program: Program, peers: number): Promise<void> {
  program.tell(`await ${peers}`)
  await program.line('connected')
}
