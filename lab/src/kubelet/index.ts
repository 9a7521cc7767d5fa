// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
export type { Image, Images } from './images.ts'
export { type Kubelet, type KubeletOptions, startKubelet } from './kubelet.ts'
