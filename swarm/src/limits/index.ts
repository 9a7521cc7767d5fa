// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { type Bandwidth, type BandwidthWindow, type Limits, limitsAt, type Rates } from './bandwidth.ts'
export { NodeLimits } from './node-limits.ts'
export { type ExchangeLimits, type Pace, unlimited } from './pace.ts'
export { InvalidRateError, parseRate } from './rate.ts'
