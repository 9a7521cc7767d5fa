// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { machine } from './providers/machine.ts'
import { story } from './story.ts'

await story(machine)
