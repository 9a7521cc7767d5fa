// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { k3s } from './providers/k3s.ts'
import { story } from './story.ts'

await story(k3s)
