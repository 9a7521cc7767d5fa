// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Place } from '../network.ts'
import type { Program } from '../program.ts'
import type { Started, System } from '../system.ts'

const WORKER = fileURLToPath(new URL('./push-peer.ts', import.meta.url))

/**
 * No system that anybody could use, but the least that Node takes to do the same: the seed deals the chunks in turn, and who
 * is dealt one sends it to all others, over TLS connections that are there before `go`. Each chunk is hashed and written, and
 * nobody asks, announces, plans, measures or delivers. What the swarm takes beyond this is its own.
 */
const push: System = {
  name: 'push',
  missing: async () => undefined,
  async start({ place, file, size }): Promise<Started> {
    const run = async ({ start, address }: Place, role: string, path: string) => {
      const program = start([process.execPath, '--conditions=source', WORKER, address, role, path, `${size}`])
      await program.line('ready')
      return { program, address }
    }
    const seed = await run(place, 'seed', file)
    const receivers: { program: Program; address: string }[] = []
    let begun = false
    return {
      async join(receiver) {
        const target = join(receiver.folder, 'received.bin')
        const one = await run(receiver, 'receiver', target)
        receivers.push(one)
        return {
          file: target,
          async receive() {
            if (!begun) seed.program.tell('go')
            begun = true
            await one.program.line('done')
          },
        }
      },
      async ready() {
        for (const one of [seed, ...receivers]) {
          const others = receivers.filter((other) => other !== one).map(({ address }) => address)
          one.program.tell(`dial ${others.join(' ')}`)
          await one.program.line('dialled')
        }
      },
      async stop() {},
    }
  },
}
export default push
