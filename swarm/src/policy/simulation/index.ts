// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export type { NodeInit, SimulatedNode } from './node.ts'
export { seededRandom } from './random.ts'
export { Simulation, type SimulationInit } from './simulation.ts'
export { chain, type Edge, fullMesh, randomGraph, star } from './topology.ts'
