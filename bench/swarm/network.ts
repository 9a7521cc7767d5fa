// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runLine } from '../../lab/src/network/index.ts'
import { shaping } from '../../lab/src/network/namespaces.ts'
import { addLink, linkOf, makeSwitch } from '../../lab/src/network/switch.ts'
import { run } from '../../lab/src/process/index.ts'
import { type Program, startProgram } from './program.ts'

const SWITCH = { name: 'bench0', address: '10.88.0.1' }
const SUBNET = '10.88.0.0/16'

/** Bytes a second on the wire; undefined where the link is not shaped. */
export interface Rates {
  readonly up: number | undefined
  readonly down: number | undefined
}

/** What a node's kernel does with TCP. */
export interface Tuning {
  /** The congestion control; a machine's default differs, and results with it. */
  readonly congestion: string
  /** "name=value" */
  readonly sysctls: readonly string[]
}

/** One node: a network namespace at the end of a link, and a folder. */
export interface Place {
  readonly name: string
  readonly address: string
  readonly folder: string
  /** Runs a program on this node; it ends with the place. */
  start(command: readonly string[], env?: Readonly<Record<string, string>>): Program
  /** As `readlink /proc/PID/ns/net` shows it for every program of this node. */
  readonly netns: string
  /** Bytes that have passed the link, headers and all. */
  traffic(): Promise<{ up: number; down: number }>
}

/** Nodes on one switch. The process must be alone in its network and mount namespace (isolated.ts). */
export interface Network {
  /** Reachable from every place, not shaped. */
  readonly hub: string
  readonly cidr: string
  place(name: string, rates: Rates): Promise<Place>
  /** All that there are now, in the order of their making. */
  places(): readonly Place[]
  /** Ends every program and takes every place away, with what is in its folder. */
  clear(): Promise<void>
}

/**
 * To be called once: makes the switch.
 *
 * @param tuning of every place's kernel
 */
export async function createNetwork(directory: string, tuning: Tuning): Promise<Network> {
  await makeSwitch(SWITCH)
  const namespaces: string[] = []
  const programs: Program[] = []
  const places: Place[] = []
  let count = 0
  return {
    hub: SWITCH.address,
    cidr: SUBNET,
    async place(name, rates) {
      const index = ++count
      const namespace = `b${index}`
      const address = `10.88.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`
      namespaces.push(namespace)
      await addLink(SWITCH, namespace, address, { up: queue(rates.up), down: queue(rates.down) })
      const folder = join(directory, `${name}-${index}`)
      await mkdir(folder)
      const enter = ['nsenter', `--net=/run/netns/${namespace}`, '--']
      await tune(namespace, address, tuning)
      const stdout = await run('nsenter', [...enter.slice(1), 'readlink', '/proc/self/ns/net'])
      const place: Place = {
        name,
        address,
        folder,
        netns: stdout.trim(),
        start(command, env = {}) {
          const logFile = join(folder, 'log')
          const program = startProgram({ command: [...enter, ...command], env, directory: folder, logFile })
          programs.push(program)
          return program
        },
        traffic: async () => ({
          up: await passed('eth0', '-n', namespace),
          down: await passed(linkOf(namespace)),
        }),
      }
      places.push(place)
      return place
    },
    places: () => [...places],
    async clear() {
      await Promise.all(programs.splice(0).map((program) => program.stop()))
      // What one run has written would leave the next no room in memory.
      await Promise.all(places.splice(0).map(({ folder }) => rm(folder, { recursive: true, force: true })))
      for (const namespace of namespaces.splice(0)) await runLine(`ip netns del ${namespace}`)
    },
  }
}

async function tune(namespace: string, address: string, { congestion, sysctls }: Tuning): Promise<void> {
  // By the route: other namespaces than the first may not choose every algorithm as their default.
  await runLine(`ip -n ${namespace} route replace ${SUBNET} dev eth0 src ${address} congctl ${congestion}`)
  for (const sysctl of sysctls) {
    await runLine(`nsenter --net=/run/netns/${namespace} -- sysctl -qw ${sysctl}`)
  }
}

const queue = (rate: number | undefined): string => (rate === undefined ? 'pfifo limit 10000' : shaping(rate))

/**
 * The queue's counter, not the interface's: large segments that the kernel has not cut yet count with all the headers
 * that they will have.
 */
async function passed(device: string, ...where: string[]): Promise<number> {
  const stdout = await run('tc', [...where, '-s', '-j', 'qdisc', 'show', 'dev', device, 'root'])
  const [root] = JSON.parse(stdout) as { bytes: number }[]
  return root?.bytes ?? 0
}
