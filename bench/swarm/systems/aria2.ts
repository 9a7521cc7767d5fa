// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Place } from '../network.ts'
import { missingProgram } from '../requirements.ts'
import type { Receiver, Started, System } from '../system.ts'
import { startAnnounceServer } from './announce.ts'
import { makeTorrent } from './torrent.ts'

const PIECE = 2 ** 20
const COMMON = [
  'aria2c',
  ...['--no-conf=true', '--quiet=true', '--enable-dht=false', '--enable-dht6=false', '--disable-ipv6=true'],
  ...['--bt-enable-lpd=false', '--enable-peer-exchange=true', '--seed-ratio=0', '--file-allocation=none'],
  // Tuned for a LAN: look for more peers as long as there is a faster link to fill, and ask the tracker often.
  ...[
    '--bt-max-peers=0',
    '--bt-request-peer-speed-limit=1000M',
    '--bt-tracker-interval=2',
    '--listen-port=6881',
  ],
]

/** BitTorrent by aria2c, with a tracker; receivers start at `go`, as its users start it. */
const aria2: System = {
  name: 'aria2',
  missing: async () => missingProgram('aria2c', 'aria2'),
  async start({ place, file, network }): Promise<Started> {
    const announce = await startAnnounceServer(network.hub)
    const torrent = join(place.folder, 'file.torrent')
    await writeFile(torrent, await makeTorrent(file, 'file.bin', PIECE, announce.url))
    const seed = place.start([...COMMON, '--check-integrity=true', `--dir=${place.folder}`, torrent])
    await Promise.race([announce.seeded, seed.lost()])
    return {
      join: (receiver) => prepare(receiver, torrent),
      stop: () => announce.stop(),
    }
  },
}
export default aria2

async function prepare({ folder, start }: Place, torrent: string): Promise<Receiver> {
  const hook = join(folder, 'complete.sh')
  // Standard output of the program is the hook's, too.
  await writeFile(hook, '#!/bin/sh\necho done\n', { mode: 0o755 })
  return {
    file: join(folder, 'file.bin'),
    async receive() {
      const program = start([...COMMON, `--on-bt-download-complete=${hook}`, `--dir=${folder}`, torrent])
      await program.line('done')
    },
  }
}
