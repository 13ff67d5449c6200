import { Metadata } from '@grpc/grpc-js';
import { parley } from '@parley/contracts/rpc';
import type { Context, Principal } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type { WireFailure } from '../rpc-service.ts';
import { maxFailureBytes } from './limits.ts';

/** What travels beside a request and an answer. The deadline is gRPC's own. */
const credentialKey = 'authorization';
/** JSON: `{requestId, principal}`. In binary, because a request id may be a client's. */
const contextKey = 'parley-context-bin';
const failureKey = 'parley-failure-bin';

const { Failure } = parley.rpc.v1;

/** A call's metadata: who calls (the service), for whom (the principal), in which request. */
export function writeContext(
  secret: string,
  { principal, requestId }: Pick<Context, 'principal' | 'requestId'>,
): Metadata {
  const metadata = new Metadata();
  metadata.set(credentialKey, `Bearer ${secret}`);
  metadata.set(contextKey, Buffer.from(JSON.stringify({ requestId, principal })));
  return metadata;
}

/** Throws `request.invalid` for what no peer of ours sends. Without the key (a person with a command line): nobody. */
export function readContext(metadata: Metadata): Pick<Context, 'principal' | 'requestId'> {
  const bytes = metadata.get(contextKey)[0];
  if (bytes === undefined) return { principal: null, requestId: '' };
  try {
    const { requestId, principal } = JSON.parse(String(bytes));
    if (typeof requestId === 'string' && (principal === null || isPrincipal(principal)))
      return { requestId, principal };
  } catch {
    // told below
  }
  throw fail('request.invalid', `The metadata ${contextKey} is not valid.`);
}

function isPrincipal(value: Partial<Principal> | undefined): value is Principal {
  return (
    typeof value?.account === 'string' &&
    typeof value.session === 'string' &&
    typeof value.username === 'string' &&
    typeof value.admin === 'boolean'
  );
}

/** The service credential, or undefined. */
export function readCredential(metadata: Metadata): string | undefined {
  const value = metadata.get(credentialKey)[0];
  return typeof value === 'string' && value.startsWith('Bearer ') ? value.slice(7) : undefined;
}

/** Of a failure too large for the trailers the problems are left out, then the end of the detail. */
export function writeFailure(failure: WireFailure): Metadata {
  const message = { ...failure, problems: failure.problems ?? [] };
  let bytes = Failure.encode(message).finish();
  if (bytes.length > maxFailureBytes) {
    const detail = failure.detail.slice(0, maxFailureBytes / 4);
    bytes = Failure.encode({ ...message, problems: [], detail }).finish();
  }
  const metadata = new Metadata();
  metadata.set(failureKey, Buffer.from(bytes));
  return metadata;
}

/** undefined: the trailers hold no failure of ours, so it was not the callee's code that failed. */
export function readFailure(metadata: Metadata): WireFailure | undefined {
  const bytes = metadata.get(failureKey)[0];
  if (!(bytes instanceof Buffer)) return undefined;
  try {
    return parseFailure(Failure.decode(bytes));
  } catch {
    return undefined;
  }
}

function parseFailure({ code, detail, problems, retryAfterMs }: parley.rpc.v1.Failure): WireFailure {
  return {
    // The reader checks the code against its table: runtime/rpc/wire-failure.
    code: code as WireFailure['code'],
    detail,
    ...(problems.length > 0 && { problems }),
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
  };
}
