// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Place } from '../network.ts'
import { type Program, value } from '../program.ts'
import type { Started, System } from '../system.ts'

const WORKER = fileURLToPath(new URL('./helia-peer.ts', import.meta.url))
const COMPILE_CACHE = fileURLToPath(new URL('../../../node_modules/.cache/compile', import.meta.url))

/** Helia's bitswap over TLS: full mesh before `go`, then `cat` to a file. */
const helia: System = {
  name: 'helia',
  missing: async () => undefined,
  async start({ place, file }): Promise<Started> {
    const run = ({ start, address }: Place, ...args: string[]) =>
      start([process.execPath, WORKER, address, ...args], { NODE_COMPILE_CACHE: COMPILE_CACHE })
    const seed = run(place, 'seed', file)
    const cid = value(await seed.line('cid'))
    const mesh = [{ program: seed, address: value(await seed.line('address')) }]
    return {
      async join(receiver) {
        const target = join(receiver.folder, 'received.bin')
        const program = run(receiver, 'receiver', target)
        mesh.push({ program, address: value(await program.line('address')) })
        return {
          file: target,
          async receive() {
            program.tell(`get ${cid}`)
            await program.line('done')
          },
        }
      },
      async ready() {
        for (const [index, { program }] of mesh.entries()) {
          await dial(program, mesh.slice(0, index))
        }
      },
      async stop() {},
    }
  },
}
export default helia

async function dial(program: Program, others: readonly { address: string }[]): Promise<void> {
  for (const { address } of others) {
    program.tell(`dial ${address}`)
    await program.line(`dialled ${address}`)
  }
}
