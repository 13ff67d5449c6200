/**
 * The closed table of failures. Nothing else crosses a process or protocol border: an error travels as its code, never as
 * its text or stack, and each protocol maps the table once. Source: PROTOCOL "Errors", docs/protocol/errors.md.
 */
export interface ErrorRow {
  /** HTTP status of the REST surface. */
  readonly http: number;
  /** gRPC status name. */
  readonly grpc: GrpcCode;
  /** WebSocket close code when the whole connection must end for it; null: an `error` frame suffices. */
  readonly close: number | null;
  /** True: the same request, with the same id, may succeed later. */
  readonly retryable: boolean;
  /** What a stranger may read. Details that help the caller are added by `fail`; causes never leave the process. */
  readonly message: string;
}

export type GrpcCode =
  | 'INVALID_ARGUMENT'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'ABORTED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'INTERNAL';

const row = (http: number, grpc: GrpcCode, close: number | null, retryable: boolean, message: string): ErrorRow => ({
  http,
  grpc,
  close,
  retryable,
  message,
});

export const errorTable = {
  'request.invalid': row(400, 'INVALID_ARGUMENT', 4500, false, 'The request is not valid.'),
  'request.too_large': row(413, 'RESOURCE_EXHAUSTED', 4503, false, 'The request is too large.'),
  'request.unsupported': row(415, 'INVALID_ARGUMENT', 4500, false, 'The media type is not supported.'),
  'credentials.wrong': row(401, 'UNAUTHENTICATED', 4502, false, 'The login or the password is wrong.'),
  'token.missing': row(401, 'UNAUTHENTICATED', 4502, false, 'A credential is needed: sign in first.'),
  'token.invalid': row(401, 'UNAUTHENTICATED', 4502, false, 'The credential is not valid.'),
  'token.expired': row(401, 'UNAUTHENTICATED', 4502, false, 'The credential has expired: refresh it.'),
  'session.revoked': row(401, 'UNAUTHENTICATED', 4501, false, 'The session has ended: sign in again.'),
  'conversation.forbidden': row(403, 'PERMISSION_DENIED', null, false, 'You are not a member of this conversation.'),
  'action.forbidden': row(403, 'PERMISSION_DENIED', null, false, 'You may not do this.'),
  'actor.mismatch': row(403, 'PERMISSION_DENIED', null, false, 'You may act only as yourself.'),
  'account.suspended': row(403, 'PERMISSION_DENIED', 4501, false, 'The account is suspended.'),
  'account.unknown': row(404, 'NOT_FOUND', null, false, 'There is no such account.'),
  'conversation.unknown': row(404, 'NOT_FOUND', null, false, 'There is no such conversation.'),
  'message.unknown': row(404, 'NOT_FOUND', null, false, 'There is no such message.'),
  'attachment.unknown': row(404, 'NOT_FOUND', null, false, 'There is no such attachment.'),
  'account.taken': row(409, 'ALREADY_EXISTS', null, false, 'The username or e-mail is taken.'),
  'message.conflict': row(409, 'ABORTED', null, false, 'Another message was sent under this id.'),
  'conversation.conflict': row(409, 'ABORTED', null, false, 'The conversation is not in the state this needs.'),
  'rate.limited': row(429, 'RESOURCE_EXHAUSTED', null, true, 'Too many requests: slow down.'),
  'service.unavailable': row(503, 'UNAVAILABLE', 4003, true, 'The service is not available right now.'),
  'service.timeout': row(504, 'DEADLINE_EXCEEDED', 4003, true, 'The service did not answer in time.'),
  'service.overloaded': row(503, 'UNAVAILABLE', 4003, true, 'The service is overloaded: try again later.'),
  'storage.full': row(503, 'UNAVAILABLE', null, true, 'The storage is full: an operator has to make room.'),
  internal: row(500, 'INTERNAL', null, true, 'Something went wrong on our side. Retrying with the same id is safe.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorOptions {
  /** Told to the caller instead of the row's message; must hold nothing secret. */
  readonly detail?: string;
  /** Per-field problems of a request, told to the caller. */
  readonly problems?: readonly { readonly path: string; readonly message: string }[];
  /** When to come back, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What happened inside; logged, never told. */
  readonly cause?: unknown;
}

/** The one exception of the program. `code` is what crosses borders; `message` is safe to show. */
export class Failure extends Error {
  readonly code: ErrorCode;
  readonly problems: ErrorOptions['problems'];
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(
      options.detail ?? errorTable[code].message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'Failure';
    this.code = code;
    this.problems = options.problems;
    this.retryAfterMs = options.retryAfterMs;
  }

  get row(): ErrorRow {
    return errorTable[this.code];
  }
}

/** Builds a failure; a string is the detail. Use as `throw fail('message.unknown')`. */
export function fail(code: ErrorCode, options: ErrorOptions | string = {}): Failure {
  return new Failure(code, typeof options === 'string' ? { detail: options } : options);
}

/** Any thrown thing as a Failure: ours as they are, everything else as `internal` with its cause hidden. */
export function toFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure('internal', { cause: thrown });
}
