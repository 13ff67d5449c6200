import type { Context } from '../../kernel/context.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import { type Bus, type Subscription, topics } from '../../ports/bus.ts';
import type { Sql } from '../../ports/sql.ts';
import type { PeopleApi } from './api.ts';
import { directoryGroup, onAccountChanges, onProfileChanges } from './consumer.ts';
import { getProfiles } from './get-profiles.ts';
import { getOwn, updateOwn } from './own-profile.ts';
import type { Parts } from './parts.ts';
import { createProfileCache } from './profile-cache.ts';
import { blocksAgainst, listBlocks, listContacts, setBlock, setContact } from './relations.ts';
import { resolveUsernames } from './resolve-usernames.ts';
import { search } from './search.ts';

export interface PeopleConfig {
  readonly cachedProfiles: number;
  readonly cacheSeconds: number;
}

export const peopleDefaults: PeopleConfig = { cachedProfiles: 50_000, cacheSeconds: 300 };

export interface PeopleDeps {
  readonly sql: Sql;
  readonly bus: Bus;
  readonly identity: Parts['identity'];
  readonly log: Log;
  readonly config?: Partial<PeopleConfig>;
}

export function createPeople({ sql, bus, identity, log, config }: PeopleDeps): { api: PeopleApi; unit: Unit } {
  const { cachedProfiles, cacheSeconds } = { ...peopleDefaults, ...config };
  const cache = createProfileCache(cachedProfiles, cacheSeconds * 1_000);
  return { api: createApi({ sql, identity, cache }), unit: createUnit(sql, bus, cache, log) };
}

/** Gives a command its parts: what remains is the method of the api. */
function bind<A extends unknown[], R>(parts: Parts, command: (parts: Parts, ctx: Context, ...args: A) => R) {
  return (ctx: Context, ...args: A): R => command(parts, ctx, ...args);
}

function createApi(parts: Parts): PeopleApi {
  return {
    getProfiles: bind(parts, getProfiles),
    resolveUsernames: bind(parts, resolveUsernames),
    getOwn: bind(parts, getOwn),
    updateOwn: bind(parts, updateOwn),
    search: bind(parts, search),
    listContacts: bind(parts, listContacts),
    setContact: bind(parts, setContact),
    listBlocks: bind(parts, listBlocks),
    setBlock: bind(parts, setBlock),
    blocksAgainst: bind(parts, blocksAgainst),
  };
}

function createUnit(sql: Sql, bus: Bus, cache: Parts['cache'], log: Log): Unit {
  const subscriptions: Subscription[] = [];
  return {
    async start() {
      const ordered = !bus.guarantees.durable;
      subscriptions.push(
        await bus.subscribe(
          directoryGroup,
          [topics.identity],
          (records) => onAccountChanges(sql, records, ordered),
          // A transaction of at most a thousand rows (rule 13): a profile and its search row each.
          { maxBatch: 500 },
        ),
        await bus.listen([topics.people], (records) => onProfileChanges(records, cache), { onGap: cache.clear }),
      );
      log.debug({ group: directoryGroup }, 'people follows the accounts');
    },
    async stop() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    },
  };
}
