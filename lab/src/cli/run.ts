// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { join } from 'node:path'
import type { Logger } from 'pino'
import { findBinaries } from '../control-plane/index.ts'
import {
  defaultInput,
  describeFile,
  distribute,
  type InputFile,
  isVerified,
  randomFile,
  readExample,
} from '../distribution/index.ts'
import { type Lab, startLab } from '../lab.ts'
import type { Network } from '../network/index.ts'
import type { Programs } from '../programs.ts'
import { formatBytes, formatRate } from '../units.ts'
import { renderReport } from './closing-report.ts'
import type { Display } from './display.ts'
import { checkSpace } from './lab-directory.ts'
import type { CliOptions } from './options.ts'

export interface Run {
  options: CliOptions
  directory: string
  programs: Programs
  network: Network
  display: Display
  /** Called with the JSON document, if one is asked for. */
  printJson: (document: string) => void
  /** What a user puts before a command to reach the lab's network. */
  enterHint: string
  log: Logger
  signal: AbortSignal
}

/** From nothing to the closing report; resolves with the exit status. */
export async function run(context: Run): Promise<number> {
  const { options, display, signal, directory, log, network } = context
  const began = performance.now()
  const binaries = await findBinaries({ log: sayingLogger(display, log), signal })
  const example = await readExample()
  const preparing = prepareInput(options, directory)
  preparing.catch(() => undefined)
  const lab = await startLab({
    directory,
    nodes: options.nodes,
    network,
    nodeFolders: example.profile.spec.delivery.allowedRoots.map(({ path }) => path),
    programs: context.programs,
    binaries,
    log,
    signal,
  })
  try {
    const input = await preparing
    await checkSpace(directory, input.size, options.nodes)
    display.say(
      `a cluster of ${options.nodes} ${options.nodes === 1 ? 'node' : 'nodes'} is up after ${seconds(began)} s; ` +
        `bringing ${input.fileName} (${formatBytes(input.size)}) from an origin of ${formatRate(options.originBytesPerSecond)}`,
    )
    const result = await distribute(lab, {
      input,
      originBytesPerSecond: options.originBytesPerSecond,
      timeoutMs: options.timeoutMs,
      signal: AbortSignal.any([signal, failureOf(lab)]),
      onProgress: (progress, elapsedMs) => display.progress(progress, elapsedMs),
    })
    display.say(
      ['', ...renderReport(result), `  all of it                     ${seconds(began)} s`].join('\n'),
    )
    if (options.json) context.printJson(JSON.stringify(result, undefined, 2))
    if (options.keep) await keep(lab, context)
    return isVerified(result) ? 0 : 1
  } finally {
    await lab.stop()
  }
}

async function prepareInput({ input }: CliOptions, directory: string): Promise<InputFile> {
  if (input === 'default') {
    const { path, fileName } = defaultInput()
    return await describeFile(path, fileName)
  }
  return 'file' in input ? await describeFile(input.file) : await randomFile(directory, input.randomBytes)
}

/** Aborted when a part of the control plane dies: nothing would ever finish then. */
function failureOf(lab: Lab): AbortSignal {
  const failure = new AbortController()
  lab.cluster.controlPlane.failed.catch((error: unknown) => failure.abort(error))
  return failure.signal
}

async function keep(lab: Lab, { display, signal, enterHint }: Run): Promise<void> {
  const { kubeconfigPath, binaries } = lab.cluster.controlPlane
  const kubectl = `${enterHint}${binaries.kubectl}`
  display.say(
    [
      '',
      'The lab stays up until Ctrl-C. To look around:',
      `  export KUBECONFIG=${kubeconfigPath}`,
      `  ${kubectl} get patchswarm -A`,
      `  ${kubectl} -n patchswarm-system get nodedistributions`,
      `  ${kubectl} -n patchswarm-system get pods -o wide`,
      `  ${kubectl} explain distributionjob.spec`,
      `  ls ${join(lab.directory, 'nodes', 'n1', 'root', 'opt', 'patches')}/*   # what lies on node n1`,
      `  tail -f ${lab.operator.logFile}`,
    ].join('\n'),
  )
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Where programs come from can take minutes: the user must see it. */
function sayingLogger(display: Display, log: Logger): Logger {
  return Object.assign(Object.create(log) as Logger, {
    info: (message: string) => display.say(message),
  })
}

const seconds = (began: number) => ((performance.now() - began) / 1000).toFixed(1)
