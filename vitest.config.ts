// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { defineConfig } from 'vitest/config'

/** The tiers of DESIGN §8: beside the file, real peers, a real kube-apiserver, the whole lab. */
const tier = (name: string, include: string[], testTimeout: number, globalSetup: string[] = []) => ({
  extends: true as const,
  test: { name, include, testTimeout, hookTimeout: Math.max(testTimeout, 60_000), globalSetup },
})

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  // Where vitest runs a globalSetup: without this it would take the built files, which a fresh clone has not.
  environments: { __vitest__: { resolve: { conditions: ['source'] } } },
  test: {
    projects: [
      tier('unit', ['{api,kube,swarm,operator,agent,lab,bench,scripts}/**/*.test.ts'], 10_000),
      tier('swarm', ['test/swarm/**/*.test.ts'], 60_000),
      // Torn down in the opposite order.
      tier('api', ['test/api/**/*.test.ts'], 60_000, ['test/api/vocabulary.ts', 'test/api/control-plane.ts']),
      tier('lab', ['test/e2e/**/*.test.ts', 'test/faults/**/*.test.ts'], 300_000),
      tier('cluster', ['test/cluster/**/*.test.ts'], 300_000),
    ],
  },
})
