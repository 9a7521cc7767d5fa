// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
export { builtHelm, findHelm } from './helm.ts'
