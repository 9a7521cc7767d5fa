// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { type Simulated, simulate } from './agent.ts'
export { createFleet } from './nodes.ts'
