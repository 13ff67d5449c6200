import { fail, toFailure } from '../../../kernel/errors.ts';
import { type AccountId, type ConversationId, createId, type HubId } from '../../../kernel/ids.ts';
import type { Health } from '../../../kernel/lifecycle.ts';
import type { Log } from '../../../kernel/log.ts';
import { neverSeen, type Presence } from '../../../model/presence.ts';
import type { HubRegistry } from '../../../ports/hub-registry.ts';
import { connectRedis } from './connect-redis.ts';

export interface RedisHubRegistryDeps {
  /** `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS. */
  readonly url: string;
  readonly log: Log;
  /** In front of every key: several installations may share one Redis. */
  readonly prefix?: string;
  /** How long one command may take before it counts as failed. */
  readonly commandTimeoutMs?: number;
}

/** Keys handled by one script: bounds how long Redis serves nobody else. */
const chunkSize = 1_000;

/** How long it is remembered when somebody was last seen. */
const seenMs = 30 * 86_400_000;

/**
 * The registry of many processes. Leases are time limits of Redis. Each lease has a token of its own that this process
 * remembers: when Redis answers another one, because the lease ran out, because Redis was restarted empty, or because the
 * answer that told of it got lost, the hub is told that it is deaf (MESSAGE-PATH rule 16).
 */
export function createRedisHubRegistry(deps: RedisHubRegistryDeps): HubRegistry & { health(): Health } {
  const { log, prefix = 'parley', commandTimeoutMs = 2_000 } = deps;
  const redis = connectRedis(deps.url, log, commandTimeoutMs);
  const space = `{${prefix}}`;
  /** The token under which each of our hubs has registered what it serves. */
  const tokens = new Map<HubId, string>();
  let sweeping: Promise<void> | null = null;
  let closed = false;

  async function add(kind: 'c' | 'u', hub: HubId, keys: readonly string[]): Promise<void> {
    // One token for all chunks: a lapse in between must not register the rest under a lease that lacks the first.
    const token = tokens.get(hub);
    for (const chunk of cut(keys)) {
      const held = token !== undefined && (await redis.run('add', [space, hub, token, kind, ...chunk])) === 1;
      if (!held) throw fail('service.unavailable', `The hub ${hub} holds no lease: it must renew and register anew.`);
    }
  }

  async function release(hub: HubId, conversations: readonly ConversationId[]): Promise<void> {
    const token = tokens.get(hub);
    if (token === undefined) return;
    for (const chunk of cut(conversations)) await redis.run('release', [space, hub, token, ...chunk]);
  }

  async function drop(hub: HubId, users: readonly AccountId[]): Promise<void> {
    const token = tokens.get(hub);
    if (token === undefined) return;
    for (const chunk of cut(users)) await redis.run('drop', [space, hub, token, seenMs, ...chunk]);
  }

  async function presenceOf(users: readonly AccountId[]): Promise<Map<AccountId, Presence>> {
    const found = new Map<AccountId, Presence>();
    for (const chunk of cut(users)) {
      const states = (await redis.run('presence', [space, ...chunk])) as string[];
      chunk.forEach((user, index) => void found.set(user, toPresence(states[index]!)));
    }
    return found;
  }

  async function find<K extends string>(kind: 'c' | 'u', keys: readonly K[]): Promise<Map<K, readonly HubId[]>> {
    const found = new Map<K, readonly HubId[]>();
    for (const chunk of cut(keys)) {
      const hubs = (await redis.run('find', [space, kind, ...chunk])) as HubId[][];
      chunk.forEach((key, index) => {
        if (hubs[index]!.length > 0) found.set(key, hubs[index]!);
      });
    }
    return found;
  }

  /** Removes what ended leases left behind. Nobody waits for it: such entries do not count. */
  function sweep(): void {
    sweeping ??= (async () => {
      try {
        while (!closed && (await redis.run('sweep', [space, chunkSize])) === 1);
      } catch (thrown) {
        log.debug({ err: toFailure(thrown) }, 'old hub entries are left for the next sweep');
      } finally {
        sweeping = null;
      }
    })();
  }

  return {
    guarantees: { shared: true },
    async renew(hub, leaseMs) {
      const token = await redis.run('renew', [space, hub, createId<string>(), Math.ceil(leaseMs)]);
      const known = tokens.get(hub);
      tokens.set(hub, token as string);
      sweep();
      return known === undefined || known === token;
    },
    serve: (hub, conversations) => add('c', hub, conversations),
    release,
    hold: (hub, users) => add('u', hub, users),
    drop,
    hubsOfConversations: (conversations: readonly ConversationId[]) => find('c', conversations),
    hubsOfUsers: (users: readonly AccountId[]) => find('u', users),
    presenceOf,
    hubs: async () => (await redis.run('hubs', [space])) as HubId[],
    async leave(hub) {
      const token = tokens.get(hub);
      if (token === undefined) return;
      await redis.run('leave', [space, hub, token]);
      tokens.delete(hub);
      sweep();
    },
    health: redis.health,
    async close() {
      closed = true;
      await sweeping;
      await redis.close();
    },
  };
}

function toPresence(state: string): Presence {
  if (state === '') return neverSeen;
  if (state === 'online') return { online: true, lastSeen: null };
  return { online: false, lastSeen: new Date(Number(state)).toISOString() };
}

function* cut<K>(keys: readonly K[]): Generator<readonly K[]> {
  for (let at = 0; at < keys.length; at += chunkSize) yield keys.slice(at, at + chunkSize);
}
