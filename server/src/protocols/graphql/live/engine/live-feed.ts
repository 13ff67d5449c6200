import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { Context } from '../../../../kernel/context.ts';
import { createDeferred } from '../../../../kernel/deferred.ts';
import { fail, toFailure } from '../../../../kernel/errors.ts';
import type { ConversationId } from '../../../../kernel/ids.ts';
import type { Log } from '../../../../kernel/log.ts';
import type { Position } from '../../../../model/position.ts';
import type { Verified } from '../../../../services/identity/api.ts';
import type { Connection, HubApi, Outlet } from '../../../../services/realtime/api.ts';
import { renewContext } from '../../../shared/caller-context.ts';
import type { LiveFeed } from '../../schema/context.ts';
import type { Group, Groups } from './groups.ts';
import type { NotifyPreferences, UserPreferences } from './notify-preferences.ts';

/** Positions that all subscriptions may have named that are not resumed yet, at some 200 bytes each. */
const maxPositions = 1_000_000;

export interface LiveFeedDeps {
  readonly hub: HubApi;
  readonly groups: Groups;
  readonly preferences: NotifyPreferences;
  readonly log: Log;
}

/** One subscription as its transport made it. */
export interface LiveOperation {
  /** Of the request or frame that it came with. */
  readonly caller: Context;
  readonly verified: Verified;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Where its results go, past the library that leads the conversation. */
  createOutlet(group: Group): Outlet;
  /** The connection that the socket has already, if this is only a part of it. */
  readonly sharing?: Connection | undefined;
  /** Told of the hub's part as long as it is open. */
  onOpened(connection: Connection): void;
  onClosed(connection: Connection): void;
}

/** Opens subscriptions at the hub: each is a connection of its own there, whose protocol is what it selects. */
export function createLiveFeeds(deps: LiveFeedDeps): (operation: LiveOperation) => LiveFeed {
  const { hub, groups, preferences, log } = deps;
  let named = 0;

  function resume(connection: Connection, outlet: Outlet, positions: ReadonlyMap<ConversationId, Position>): void {
    named += positions.size;
    connection
      .resume(null, positions)
      .catch((err) => {
        log.warn({ err: toFailure(err) }, 'a backlog could not be read');
        // What follows it would be a hole.
        outlet.close(4000, 'the backlog could not be read: reconnect');
      })
      .finally(() => {
        named -= positions.size;
      });
  }

  return (live) => ({
    async open({ only, positions, watch, notifications = false }) {
      if (named + (positions?.size ?? 0) > maxPositions) throw fail('service.overloaded', { retryAfterMs: 2_000 });
      const { principal, expiresAt } = live.verified;
      const { account } = principal;
      const group = groups.join(live.document, live.operation, live.variables);
      let followed: UserPreferences | null = null;
      const leave = () => {
        groups.leave(group);
        if (followed) preferences.leave(account);
      };
      try {
        if (notifications) followed = await preferences.follow(account);
        const outlet = live.createOutlet(group);
        const connection = await hub.open(renewContext(live.caller), {
          principal,
          expiresAt,
          outlet,
          encoder: followed ? group.encoderFor(account, followed) : group.encoder,
          ...(live.sharing && { sharing: live.sharing }),
          ...(only && { only }),
          ...(positions && { withheld: positions.keys() }),
          greet(opened) {
            // In the turn in which live frames begin: whatever comes from here on is either in the backlog or after it.
            if (positions) resume(opened, outlet, positions);
            if (watch) opened.watchPresence(watch);
            return null;
          },
        });
        // What was changed before the hub told of it here.
        if (followed) preferences.readAgain(account);
        live.onOpened(connection);
        return createSource(() => {
          live.onClosed(connection);
          connection.closed();
          leave();
        });
      } catch (thrown) {
        leave();
        throw thrown;
      }
    },
  });
}

/** The source of results that go another way: it yields nothing and ends when it is told to. */
function createSource(onEnd: () => void): AsyncGenerator<never, void, undefined> {
  const { promise, resolve } = createDeferred();
  let over = false;
  const end = async (): Promise<IteratorReturnResult<void>> => {
    if (!over) {
      over = true;
      onEnd();
      resolve();
    }
    return { done: true, value: undefined };
  };
  return {
    next: () => promise.then(end),
    return: end,
    throw: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
