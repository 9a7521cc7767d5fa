// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { machine, startMachine } from './providers/machine.ts'
// Brings up the cluster of this machine with the images of both versions on its nodes, and runs a command in it (a shell,
// where none is named); the cluster lasts as long as that.
import { LOADED } from './support/images.ts'

const [program = process.env.SHELL ?? 'bash', ...args] = process.argv.slice(2)
const obstacle = await machine.obstacle()
if (obstacle !== undefined) {
  console.error(obstacle)
  process.exit(1)
}
// Ctrl-C is for the command.
process.on('SIGINT', () => undefined)
const cluster = await startMachine()
try {
  const { registry, previous, next } = LOADED
  const env = { ...process.env, PATCHSWARM_E2E_IMAGES: `${registry} ${previous} ${next}` }
  process.exitCode = (await cluster.enter(program, args, env)) ?? 1
} finally {
  await cluster.stop()
}
