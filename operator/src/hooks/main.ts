// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import { fieldManager, operatorNamespace } from '@patchswarm/api'
import { createClient, loadKubeConfig, systemClock } from '@patchswarm/kube'
import { pino } from 'pino'
import { applyDefaultProfile } from './default-profile.ts'
import { uninstall } from './uninstall.ts'

// What Helm has a Job of the operator's image do: `default-profile` after an install or upgrade, `uninstall` before the release goes.
const [, , hook] = process.argv
const { KUBECONFIG, PATCHSWARM_NAMESPACE: namespace = operatorNamespace } = process.env
const log = pino({ base: { component: hook } })
const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => stop.abort(new Error(`received ${name}`)))
}

const client = (manager: string) =>
  createClient({ kubeConfig: loadKubeConfig(KUBECONFIG), fieldManager: manager })
const parts = { log, clock: systemClock, signal: stop.signal }
if (hook === 'uninstall') {
  await uninstall({ ...parts, client: client(fieldManager), namespace })
} else if (hook === 'default-profile') {
  const { PATCHSWARM_DEFAULT_PROFILE: text = '' } = process.env
  await applyDefaultProfile({ ...parts, client: client('patchswarm-default-profile'), text })
} else {
  console.error(`${hook ?? 'no hook'}: say uninstall or default-profile`)
  process.exitCode = 1
}
