import { CloseCode } from 'graphql-ws';
import type { Failure } from '../../../../kernel/errors.ts';

/**
 * Our close codes as clients of graphql-ws know them. They come back by themselves unless a code says that it would be in vain; after
 * "Forbidden" they do, and ask for a token anew.
 */
const codes: Readonly<Record<number, number>> = {
  1002: CloseCode.BadRequest,
  1003: CloseCode.BadRequest,
  1007: CloseCode.BadRequest,
  1008: CloseCode.BadRequest,
  1009: CloseCode.BadRequest,
  4501: CloseCode.Unauthorized,
  4502: CloseCode.Forbidden,
};

export function toCloseCode(code: number): number {
  return codes[code] ?? code;
}

/** Why nobody was let in. */
export function closeCodeOf(failure: Failure): number {
  if (failure.row.retryable) return 4003;
  if (failure.code === 'token.expired') return CloseCode.Forbidden;
  // A suspended account's is no 401, but asked anew it would be refused again all the same.
  return failure.row.http === 401 || failure.row.close === 4501 ? CloseCode.Unauthorized : CloseCode.BadRequest;
}
