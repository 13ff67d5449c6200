import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { TrustedIdentityApi } from '../../identity/trusted-api.ts';
import type { HubApi } from '../api.ts';
import { closeCodes } from '../config.ts';
import type { Dialects } from '../dialect.ts';
import type { HubIndex } from '../hub-index.ts';
import type { PresenceBook } from '../presence/presence.ts';
import type { Loader } from '../serving/loader.ts';
import { type ConnectionHost, type Hold, LiveConnection } from './live-connection.ts';
import type { Outbound } from './outbound.ts';

type OpenRequest = Parameters<HubApi['open']>[1];

/**
 * Rules 15 and 18, in this order: registered here, registry confirmed, session checked, `ready`. A revocation before the
 * registry knew of us is found by the check, a later one is delivered to us.
 */
export function createOpening(deps: {
  readonly identity: Pick<TrustedIdentityApi, 'checkSession'>;
  readonly index: HubIndex;
  readonly dialects: Dialects;
  readonly loader: Loader;
  readonly outbound: Outbound;
  readonly presence: PresenceBook;
  readonly host: ConnectionHost;
  readonly maxOpenings: number;
}): (ctx: Context, request: OpenRequest) => Promise<LiveConnection> {
  const { identity, index, dialects, loader, outbound, presence, host } = deps;
  let openings = 0;

  function register(request: OpenRequest): LiveConnection {
    const { principal, expiresAt, outlet, encoder, sharing, only, withheld } = request;
    // Before anything is registered: what the protocol hands in may throw.
    const holds = holdAll(withheld);
    const connection = new LiveConnection(host, index.userOf(principal.account), {
      principal,
      expiresAt,
      outlet,
      dialect: dialects.join(encoder),
      sharing,
      only,
    });
    connection.holds = holds;
    index.attach(connection);
    outbound.opened(connection);
    return connection;
  }

  function greet(connection: LiveConnection, request: OpenRequest): void {
    const early = connection.pending;
    connection.pending = null;
    connection.ready = true;
    const ready = request.greet(connection);
    if (ready) outbound.enqueue(connection, ready);
    if (early) outbound.enqueue(connection, early.whole());
    // What it was told may have ended it already.
    if (!connection.gone) presence.came(connection.user.id);
  }

  return async (ctx, request) => {
    if (openings >= deps.maxOpenings) throw fail('service.overloaded', { retryAfterMs: 1_000 + Math.random() * 4_000 });
    openings++;
    let connection: LiveConnection | null = null;
    try {
      connection = register(request);
      const user = index.userOf(connection.user.id);
      if (!user.loaded) await loader.load(user);
      if (!(await identity.checkSession(ctx, request.principal.session))) throw fail('session.revoked');
      if (connection.gone) {
        throw connection.closeCode === closeCodes.revoked ? fail('session.revoked') : fail('service.unavailable');
      }
      greet(connection, request);
      return connection;
    } catch (error) {
      if (connection) host.closed(connection);
      throw error;
    } finally {
      openings--;
    }
  };
}

function holdAll(withheld: OpenRequest['withheld']): LiveConnection['holds'] {
  const holds = new Map<ConversationId, Hold>();
  for (const id of withheld ?? []) holds.set(id, { withheld: true, seen: 0, floor: 0, changed: false, over: false });
  return holds.size > 0 ? holds : null;
}
