// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '../../../scripts/build.ts'
import type { Place } from '../network.ts'
import { type Program, startProgram, value } from '../program.ts'
import type { Receiver, Seed, Started, System } from '../system.ts'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const node = (path: string) => [process.execPath, '--conditions=source', source(path)]
/** As images have it: one file. Made anew for each bench, so that it is the sources as they are. */
let agent: Promise<string> | undefined
const env = { NODE_COMPILE_CACHE: source('../../../node_modules/.cache/compile') }

/** For experiments: what the bench is started with, such as PATCHSWARM_MDNS or PATCHSWARM_LOG_LEVEL, goes on to agents. */
const ofUser = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name.startsWith('PATCHSWARM_')),
) as Record<string, string>

/** Started, and may be told other limits while it runs. */
export interface StartedPatchswarm extends Started {
  /** The place of the seeder. */
  readonly home: Place
  setBandwidth(bandwidth: { rates: Readonly<Record<string, number>>; yield?: boolean }): void
}

/** The programs as a Pod runs them, with the tracker's end of the operator in a process of its own beside them. */
const patchswarm = {
  name: 'patchswarm',
  missing: async () => undefined,
  async start(seed: Seed): Promise<StartedPatchswarm> {
    const { place, network, linkRate } = seed
    agent ??= bundle('agent', await mkdtemp(join(dirname(place.folder), 'programs-'))).then(
      ({ file }) => file,
    )
    const origin = place.start(
      [...node('./patchswarm-origin.ts'), seed.file, place.address, seed.sha256],
      env,
    )
    const url = value(await origin.line('url'))
    const { tracker, facts } = await startTracker(seed, url)
    // Without an origin to be measured the seeder reads the file on its own node, where no link slows it down.
    const home = seed.atOrigin ? await network.place('seeder', { up: linkRate, down: linkRate }) : place
    const program = [process.execPath, await agent]
    const seeder = await startAgent(home, 'seeder', facts, program)
    const heard = (line: string, from: Program) => Promise.race([tracker.line(line), from.lost()])
    const joined = async (receiver: Place, command: readonly string[]): Promise<Receiver> => {
      const { program, root } = await startAgent(receiver, 'agent', facts, command)
      await heard(`connected ${receiver.name}`, program)
      return {
        file: join(root, 'patches', 'file.bin'),
        wrongChunks: () => counted(receiver, 'patchswarm_agent_chunks_refused_total'),
        async receive() {
          tracker.tell(`deliver ${receiver.name}`)
          await heard(`delivered ${receiver.name}`, program)
        },
      }
    }
    await heard('connected seeder', seeder.program)
    if (!seed.atOrigin) {
      tracker.tell('publish')
      await heard('seeded', seeder.program)
    }
    return {
      home,
      setBandwidth: (bandwidth) => tracker.tell(`bandwidth ${JSON.stringify(bandwidth)}`),
      processes: [tracker.pid],
      sentBytes: () => (seed.atOrigin ? asked(origin) : counted(home, 'patchswarm_agent_sent_bytes_total')),
      join: (receiver) => joined(receiver, program),
      joinLiar: (receiver) => joined(receiver, node('./patchswarm-liar.ts')),
      stop: () => tracker.stop(),
    }
  },
} satisfies System
export default patchswarm

interface Facts {
  readonly tracker: string
  readonly peerId: string
  readonly cidr: string
}

async function startTracker({ place, network, size, sha256 }: Seed, url: string) {
  const tracker = startProgram({
    command: [...node('./patchswarm-tracker.ts'), network.hub, sha256, String(size), url],
    env,
    directory: place.folder,
    logFile: join(place.folder, 'tracker.log'),
  })
  const [address = '', peerId = ''] = value(await tracker.line('tracker')).split(' ')
  const facts: Facts = { tracker: address, peerId, cidr: network.cidr }
  return { tracker, facts }
}

/** `root` is the folder below which it delivers. */
async function startAgent(place: Place, role: 'agent' | 'seeder', facts: Facts, command: readonly string[]) {
  const { folder, name, address } = place
  const root = join(folder, 'root')
  await mkdir(root)
  await writeFile(join(folder, 'token'), role === 'seeder' ? role : name)
  const program = place.start(command, {
    ...env,
    PATCHSWARM_ROLE: role,
    PATCHSWARM_PROFILE: 'bench',
    PATCHSWARM_TRACKER: facts.tracker,
    PATCHSWARM_TRACKER_PEER_ID: facts.peerId,
    PATCHSWARM_TOKEN_FILE: join(folder, 'token'),
    PATCHSWARM_CACHE_DIR: join(folder, 'cache'),
    PATCHSWARM_LISTEN_ADDRESS: address,
    PATCHSWARM_PORT: '4001',
    PATCHSWARM_ADMIN_ADDRESS: address,
    PATCHSWARM_ADMIN_PORT: '5001',
    PATCHSWARM_ALLOWED_CIDRS: facts.cidr,
    PATCHSWARM_ROOTS: role === 'agent' ? `/srv/files=${root}` : '',
    ...ofUser,
  })
  return { program, root }
}

/** What the origin says that it has sent. */
let questions = 0
async function asked(origin: Program): Promise<number> {
  const question = ++questions
  origin.tell(`${question}`)
  return Number(value(await origin.line(`sent-${question}`)))
}

/** What a program says of itself, over all its artifacts. */
export async function counted({ address }: Pick<Place, 'address'>, metric: string): Promise<number> {
  const metrics = await (await fetch(`http://${address}:5001/metrics`)).text()
  const values = metrics.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? (\\S+)$`, 'gm'))
  return [...values].reduce((sum, [, value]) => sum + Number(value), 0)
}
