// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { defineConfig } from 'vitest/config'

interface Tier {
  testTimeout: number
  globalSetup?: string[]
  isolate?: boolean
}

/** The tiers of DESIGN §8: beside the file, real peers, a real kube-apiserver, the whole lab. */
const tier = (name: string, include: string[], options: Tier) => ({
  extends: true as const,
  test: { name, include, hookTimeout: Math.max(options.testTimeout, 60_000), ...options },
})

/** Makes the programs that tests start. */
const BUILT = 'test/support/built.ts'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  // Where vitest runs a globalSetup: without this it would take the built files, which a fresh clone has not.
  environments: { __vitest__: { resolve: { conditions: ['source'] } } },
  test: {
    projects: [
      tier('unit', ['{api,kube,swarm,operator,agent,lab,bench,scripts}/**/*.test.ts'], {
        testTimeout: 10_000,
        // To load everything anew for each of two hundred files would be most of what they take.
        isolate: false,
      }),
      tier('swarm', ['test/swarm/**/*.test.ts'], { testTimeout: 60_000, globalSetup: [BUILT] }),
      tier('api', ['test/api/**/*.test.ts'], {
        testTimeout: 60_000,
        // Torn down in the opposite order.
        globalSetup: [BUILT, 'test/api/vocabulary.ts', 'test/api/control-plane.ts'],
      }),
      tier('lab', ['test/e2e/**/*.test.ts', 'test/faults/**/*.test.ts'], {
        testTimeout: 300_000,
        globalSetup: [BUILT],
      }),
      tier('cluster', ['test/cluster/**/*.test.ts'], { testTimeout: 300_000 }),
    ],
  },
})
