// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export type { NodeInit, SimulationInit } from './init.ts'
export type { SimulatedNode } from './node.ts'
export { seededRandom } from './random.ts'
export { Simulation } from './simulation.ts'
export {
  chain,
  type Edge,
  fullMesh,
  isElected,
  randomGraph,
  type SiteSizes,
  siteGraph,
  siteOf,
  star,
} from './topology.ts'
