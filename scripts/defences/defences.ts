// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

import type { Defence } from './defence.ts'
import { content } from './rows/content.ts'
import { floods } from './rows/floods.ts'
import { membership } from './rows/membership.ts'
import { origins } from './rows/origins.ts'
import { paths } from './rows/paths.ts'
import { rollouts } from './rows/rollouts.ts'
import { tracker } from './rows/tracker.ts'

export const defences: readonly Defence[] = [
  ...membership,
  ...tracker,
  ...floods,
  ...content,
  ...paths,
  ...origins,
  ...rollouts,
]
