import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { GrpcCall } from '../../../runtime/public-grpc/public-grpc.ts';
import type { VeigoDeps } from '../veigo-deps.ts';

/**
 * The context of the one whose access token is in the metadata: under `token` as it is, or under `authorization` after Bearer.
 * `token.…`, `session.revoked`, `account.suspended`.
 */
export async function authorizeCall({ identity }: VeigoDeps, call: GrpcCall): Promise<Context> {
  const token = call.metadata('token') ?? /^Bearer +(\S+)$/i.exec(call.metadata('authorization') ?? '')?.[1];
  if (!token) throw fail('token.missing');
  const { principal } = await identity.verifyAccess(call.ctx, token);
  return { ...call.ctx, principal };
}
