import { type Clock, systemClock } from './clock.ts';
import { ParleyError, parseProblem, toParleyError } from './errors.ts';

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface HttpRequest {
  readonly query?: Query;
  /** Sent as JSON, or as it is when a FormData. */
  readonly body?: unknown;
  /** Access token for `Authorization`; null: the browser's cookie speaks. */
  readonly token?: string | null;
  readonly signal?: AbortSignal;
}

/** One call of the REST surface; throws only ParleyError. */
export type Http = <T>(method: string, path: string, request?: HttpRequest) => Promise<T>;

/** A call without an answer after this long will get none: its connection is half open. Uploads take what they take. */
const answerMs = 30_000;

/** `url` is the server's address; paths are relative to `/api/v1`. */
export function createHttp(url: string, fetcher: typeof fetch, clock: Clock = systemClock): Http {
  return async (method, path, { query, body, token, signal } = {}) => {
    const target = new URL(`/api/v1${path}`, url);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { accept: 'application/json' };
    if (token) headers.authorization = `Bearer ${token}`;
    const form = body instanceof FormData;
    if (body !== undefined && !form) headers['content-type'] = 'application/json';
    const limit = new AbortController();
    const answered = form ? () => {} : clock.after(answerMs, () => limit.abort());
    signal?.addEventListener('abort', () => limit.abort(), { once: true });
    try {
      const response = await fetcher(target, {
        method,
        headers,
        credentials: 'same-origin',
        ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
        signal: limit.signal,
      });
      if (!response.ok) throw await parseProblem(response);
      return response.status === 204 ? undefined : await response.json();
    } catch (error) {
      throw error instanceof ParleyError ? error : toParleyError(error);
    } finally {
      answered();
    }
  };
}

/** A path from parts, each escaped. */
export function path(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('');
}
