// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

export { type Day, isWithin, nextChange, UnknownTimeZoneError, type WeeklyWindow } from './weekly-window.ts'
