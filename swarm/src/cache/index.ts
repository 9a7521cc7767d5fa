// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { type Fetch, planRoom, type RoomPlan, type Shortage } from './room.ts'
export type * from './types.ts'
