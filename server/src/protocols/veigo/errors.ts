import type { ErrorCode, Failure } from '../../kernel/errors.ts';

/** An error as Veigo's clients know it: the JSON text of this is the message of a gRPC status and, with its code, of a GraphQL error. */
export interface VeigoError {
  readonly name: 'Error' | 'Data Integrity Error' | 'Validation Error';
  readonly message: string;
  readonly cause?: unknown;
}

const error = (message: string): VeigoError => ({ name: 'Error', message });
const integrity = (message: string): VeigoError => ({ name: 'Data Integrity Error', message });
const again = 'Please make sure the data is correct and try again.';

const badToken = error('Invalid token');
const unauthorized = error('Unauthorized action');
const duplicate = integrity('The data you are trying to add already exists.');

/** DEPARTS: what was wrong with a request is said; the reference said "Internal Server Error". */
const validation = ({ message, problems }: Failure): VeigoError => ({
  name: 'Validation Error',
  message,
  ...(problems && problems.length > 0 && { cause: problems }),
});

/** What may be tried again; when, if it is known. */
const later = ({ message, code, retryAfterMs }: Failure): VeigoError => ({
  name: 'Error',
  message,
  cause: { code, ...(retryAfterMs !== undefined && { retryAfterMs }) },
});

/** Clients know the message; where somebody must be told more, it stands beside it. */
const forbidden = ({ problems }: Failure): VeigoError =>
  problems && problems.length > 0 ? { ...unauthorized, cause: problems } : unauthorized;

const conflict = ({ message }: Failure): VeigoError => integrity(message);

const table: Readonly<Record<ErrorCode, VeigoError | ((failure: Failure) => VeigoError)>> = {
  'request.invalid': validation,
  'request.too_large': validation,
  'request.unsupported': validation,
  'credentials.wrong': error('Invalid email or password'),
  'token.missing': badToken,
  'token.invalid': badToken,
  'token.expired': badToken,
  'session.revoked': badToken,
  'conversation.forbidden': unauthorized,
  'action.forbidden': forbidden,
  'actor.mismatch': unauthorized,
  'account.suspended': unauthorized,
  'account.unknown': integrity(`The account does not exist. ${again}`),
  'conversation.unknown': integrity(`The room does not exist. ${again}`),
  'message.unknown': integrity(`The message does not exist. ${again}`),
  'attachment.unknown': integrity(`The attachment does not exist. ${again}`),
  'account.taken': duplicate,
  'message.conflict': duplicate,
  'conversation.conflict': conflict,
  'rate.limited': later,
  'service.unavailable': later,
  'service.timeout': later,
  'service.overloaded': later,
  'storage.full': later,
  internal: error('Internal Server Error'),
};

export function describeFailure(failure: Failure): VeigoError {
  const row = table[failure.code];
  return typeof row === 'function' ? row(failure) : row;
}
