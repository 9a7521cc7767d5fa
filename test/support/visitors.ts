// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'

/** A way to an origin on which is seen who comes. */
export interface WatchedWay extends AsyncDisposable {
  readonly url: string
  /**
   * For each connection that is not given up at once, what the program that made it was told to listen on; undefined when it
   * is none of ours.
   */
  readonly visitors: readonly (string | undefined)[]
}

/** All programs of a lab come from one address, so it is looked up whose socket the other end of a connection is. */
export async function watchWayTo(url: string): Promise<WatchedWay> {
  const { hostname, port, pathname } = new URL(url)
  const visitors: (string | undefined)[] = []
  const server = createServer((socket) => {
    // At once: it waits for an answer, so its socket is still there, but for one that was given up on a busy machine,
    // before it is looked for or while its owner is.
    const inode = inodeOf(socket.remotePort, socket.localPort)
    const owner = inode === undefined ? undefined : ownerOf(inode)
    if (owner !== undefined || inodeOf(socket.remotePort, socket.localPort) !== undefined)
      visitors.push(owner)
    const target = connect(Number(port), hostname)
    socket.pipe(target).pipe(socket)
    socket.on('error', () => target.destroy())
    target.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, hostname, resolve))
  const { port: own } = server.address() as AddressInfo
  return {
    url: `http://${hostname}:${own}${pathname}`,
    visitors,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

function inodeOf(port: number | undefined, ourPort: number | undefined): string | undefined {
  const inode = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((columns) => portOf(columns[1]) === port && portOf(columns[2]) === ourPort)?.[9]
  // A socket that no program holds any more has 0.
  return inode === '0' ? undefined : inode
}

const ownerOf = (inode: string): string | undefined =>
  programs().find(({ pid }) => socketsOf(pid).includes(`socket:[${inode}]`))?.address

const portOf = (column = ''): number => Number.parseInt(column.split(':')[1] ?? '', 16)

function programs(): { pid: string; address: string }[] {
  return readdirSync('/proc').flatMap((pid) => {
    const address = attempt(() => /\0PATCHSWARM_LISTEN_ADDRESS=([^\0]+)/.exec(environmentOf(pid))?.[1])
    return address === undefined ? [] : [{ pid, address }]
  })
}

const environmentOf = (pid: string): string => `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`

const socketsOf = (pid: string): string[] =>
  attempt(() => readdirSync(`/proc/${pid}/fd`))?.map(
    (fd) => attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '',
  ) ?? []

/** What is below /proc may be gone the next moment, or another user's. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
