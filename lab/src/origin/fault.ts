// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
/** How a test has the origin misbehave. */
export type Fault =
  /** Every request gets this status, e.g. 404 or 500. */
  | { kind: 'status'; status: number }
  /** The request is taken and never answered. */
  | { kind: 'hang' }
  /** The connection is cut after half of the announced bytes. */
  | { kind: 'close-half-way' }
  /** The connection is reset after half of the announced bytes: what is under way is lost. */
  | { kind: 'reset-half-way' }
  /** Another ETag in every answer. */
  | { kind: 'changing-etag' }
  /** The file seems that much longer (zeros follow) or, negative, shorter, in every answer. */
  | { kind: 'other-size'; extraBytes: number }
  /** So many bytes more (or, negative, fewer) than this answer's Content-Length; the connection closes then. */
  | { kind: 'wrong-length'; extraBytes: number }
