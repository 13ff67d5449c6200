import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, Failure, fail, toFailure } from '../kernel/errors.ts';

/** RFC 9457 `application/problem+json`. Without `code`: no route has this path. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code?: ErrorCode;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

export const problemType = 'application/problem+json; charset=utf-8';

export function toProblem(failure: Failure): Problem {
  return {
    type: `urn:parley:error:${failure.code}`,
    title: failure.row.message,
    status: failure.row.http,
    detail: failure.message,
    code: failure.code,
    ...(failure.problems && { errors: failure.problems }),
  };
}

/** For a path that nothing serves: the closed table of codes is about requests that were understood. */
export function notFoundProblem(method: string, path: string): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[404] as string,
    status: 404,
    detail: `Nothing answers ${method} ${path}. The paths that exist are listed at /docs.`,
  };
}

/** Seconds for `Retry-After`. What waiting may heal (limits, and what is away, overloaded, late or full) always names a time; null: nothing. */
function retryAfterSeconds(failure: Failure): number | null {
  if (failure.retryAfterMs !== undefined) return Math.max(1, Math.ceil(failure.retryAfterMs / 1000));
  return failure.row.http === 429 || failure.row.http > 500 ? 1 : null;
}

/** What a refusal says beside its body: when to come back, and what credential is wanted. */
export function addFailureHeaders(reply: { header(name: string, value: string): unknown }, failure: Failure): void {
  const retryAfter = retryAfterSeconds(failure);
  if (retryAfter !== null) reply.header('retry-after', String(retryAfter));
  if (failure.row.http === 401) reply.header('www-authenticate', 'Bearer');
}

interface HttpError {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message: string;
  readonly validation?: readonly { readonly instancePath: string; readonly message?: string }[];
  readonly validationContext?: string;
}

/** Whatever a handler, a validator or the HTTP library threw, as one row of the table. */
export function fromHttpError(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const error = thrown as HttpError | null;
  if (error?.validation) {
    const problems = error.validation.map((issue) => ({
      path: issue.instancePath === '/' ? '' : issue.instancePath,
      message: issue.message ?? 'is not valid',
    }));
    const part = error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'request');
    const said = problems.map(({ path, message }) => `${part}${path.replaceAll('/', '.')}: ${message}`).join('; ');
    return fail('request.invalid', { detail: said, problems });
  }
  const status = error?.statusCode;
  if (status === 413) return fail('request.too_large', { cause: thrown });
  if (status === 415) return fail('request.unsupported', error?.message ?? {});
  if (status === 503) return fail('service.unavailable', { cause: thrown });
  if (status !== undefined && status >= 400 && status < 500) return fail('request.invalid', error?.message ?? {});
  return toFailure(thrown);
}

/** An answer on a socket that no HTTP response object belongs to. */
export function answerAndEnd(socket: Socket, problem: Problem): void {
  const body = JSON.stringify(problem);
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n` +
      `Content-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** The path of a request's target. */
export function pathOf(url: string | undefined): string {
  const whole = url ?? '/';
  const query = whole.indexOf('?');
  return query < 0 ? whole : whole.slice(0, query);
}
