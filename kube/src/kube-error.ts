// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors

/** `metav1.Status`, which the API server answers with when it refuses. */
export interface Status {
  kind: 'Status'
  code?: number
  reason?: string
  message?: string
  details?: { retryAfterSeconds?: number; causes?: { field?: string; message?: string }[] }
}

/**
 * A call to the API server failed: `status` is the HTTP code and `reason` the server's word ("NotFound", "Conflict",
 * "Invalid" …). Status 0 means that there was no answer: reason "Unreachable" or "Timeout".
 */
export class KubeError extends Error {
  override name = 'KubeError'
  readonly status: number
  readonly reason: string
  /** What the server asked for by Retry-After. */
  readonly retryAfterMs: number | undefined

  constructor(
    status: number,
    reason: string,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.status = status
    this.reason = reason
    this.retryAfterMs = options.retryAfterMs
  }
}

const isKubeError = (error: unknown, status: number) => error instanceof KubeError && error.status === status

export const isNotFound = (error: unknown): boolean => isKubeError(error, 404)
/** Somebody else wrote in between: read again and decide again. */
export const isConflict = (error: unknown): boolean =>
  isKubeError(error, 409) && (error as KubeError).reason === 'Conflict'
export const isAlreadyExists = (error: unknown): boolean =>
  isKubeError(error, 409) && (error as KubeError).reason === 'AlreadyExists'
/** The resourceVersion is no longer kept: list again. */
export const isGone = (error: unknown): boolean => isKubeError(error, 410)
/** The object breaks a rule of its schema: sending it again will not help. */
export const isInvalid = (error: unknown): boolean => isKubeError(error, 422)
export const isForbidden = (error: unknown): boolean => isKubeError(error, 403)

/** From an answer that is not 2xx; a body that is no Status (a proxy's page) becomes the message, cut. */
export function kubeErrorFrom(
  call: string,
  httpStatus: number,
  body: string,
  retryAfterSeconds: number | undefined,
): KubeError {
  const status = parseStatus(body)
  const seconds = status?.details?.retryAfterSeconds ?? retryAfterSeconds
  return new KubeError(
    status?.code ?? httpStatus,
    status?.reason ?? 'Unknown',
    `${call}: ${status?.message ?? (body.slice(0, 300).trim() || `answered ${httpStatus} with no text`)}`,
    { retryAfterMs: seconds === undefined ? undefined : seconds * 1000 },
  )
}

function parseStatus(body: string): Status | undefined {
  try {
    const parsed = JSON.parse(body) as Partial<Status> | null
    return parsed?.kind === 'Status' ? (parsed as Status) : undefined
  } catch {
    return undefined
  }
}
