// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
export {
  type Binaries,
  BinariesError,
  cacheDirectory,
  type FindBinariesOptions,
  findBinaries,
} from './binaries.ts'
export { BINARY_NAMES, type BinaryName, NODE_BINARY_NAMES } from './binary-names.ts'
export { COMPONENTS, type Component } from './components.ts'
export { freePort } from './free-port.ts'
export { type ModuleProgramsOptions, modulePrograms } from './module-programs.ts'
export { ControlPlaneError } from './parts.ts'
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './start.ts'
