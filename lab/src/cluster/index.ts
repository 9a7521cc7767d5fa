// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
export { type Cluster, type ClusterOptions, startCluster } from './cluster.ts'
export { readInstallation } from './installation.ts'
export { applyManifests, ManifestError, readManifests, untilEstablished } from './manifests.ts'
