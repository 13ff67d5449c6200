/** Codes that only the client makes; all others come from the server's closed table (docs/protocol/errors.md). */
export type LocalCode = 'network.failed' | 'outbox.full' | 'draft.discarded' | 'session.missing';

/** Why a call failed. `message` is safe to show; `retryable`: the same request, with the same id, may succeed later. */
export class ParleyError extends Error {
  readonly code: string;
  /** HTTP status; 0 when there was no HTTP answer. */
  readonly status: number;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** Per-field problems of a refused request. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];

  constructor(
    code: string,
    message: string,
    options: {
      status?: number;
      retryable?: boolean;
      retryAfterMs?: number | undefined;
      problems?: ParleyError['problems'] | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ParleyError';
    this.code = code;
    this.status = options.status ?? 0;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.problems = options.problems ?? [];
  }
}

const retryableStatus = new Set([429, 500, 502, 503, 504]);

/** Reads a refused HTTP answer: RFC 9457 where the server speaks, else what the status says (a proxy's page, say). */
export async function parseProblem(response: Response): Promise<ParleyError> {
  const retryAfter = Number(response.headers.get('retry-after'));
  const options = {
    status: response.status,
    retryable: retryableStatus.has(response.status),
    retryAfterMs: retryAfter > 0 ? retryAfter * 1000 : undefined,
  };
  const fallback = retryableStatus.has(response.status) ? 'service.unavailable' : 'request.invalid';
  try {
    const problem = await response.json();
    return new ParleyError(problem.code ?? fallback, problem.detail ?? problem.title ?? response.statusText, {
      ...options,
      problems: problem.errors,
    });
  } catch {
    return new ParleyError(fallback, `The server answered ${response.status} ${response.statusText}`.trim(), options);
  }
}

export function toParleyError(thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  return new ParleyError('network.failed', 'The server cannot be reached.', { retryable: true, cause: thrown });
}
