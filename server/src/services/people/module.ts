import type { Clock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import { type Bus, type BusRecord, type Subscription, topics } from '../../ports/bus.ts';
import type { Sql } from '../../ports/sql.ts';
import { createProjection } from '../shared/projection.ts';
import type { PeopleApi } from './api.ts';
import { foldAccounts, onProfileChanges } from './consumer.ts';
import { getProfiles } from './get-profiles.ts';
import { peopleGroups } from './groups.ts';
import { getOwn, updateOwn } from './own-profile.ts';
import type { Parts } from './parts.ts';
import { createProfileCache } from './profile-cache.ts';
import { blocksAgainst, listBlocks, listContacts, setBlock, setContact } from './relations.ts';
import { resolveUsernames } from './resolve-usernames.ts';
import { search } from './search.ts';

export interface PeopleConfig {
  readonly cachedProfileBytes: number;
  readonly cacheSeconds: number;
}

export const peopleDefaults: PeopleConfig = { cachedProfileBytes: 32 * 1024 * 1024, cacheSeconds: 300 };

export interface PeopleDeps {
  readonly sql: Sql;
  readonly bus: Bus;
  readonly identity: Parts['identity'];
  readonly chat: Parts['chat'];
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly config?: Partial<PeopleConfig>;
}

export function createPeople(deps: PeopleDeps): { api: PeopleApi; unit: Unit } {
  const { sql, identity, chat } = deps;
  const { cachedProfileBytes, cacheSeconds } = { ...peopleDefaults, ...deps.config };
  const cache = createProfileCache(cachedProfileBytes, cacheSeconds * 1_000);
  return { api: createApi({ sql, identity, chat, cache }), unit: createUnit(deps, cache) };
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

function createUnit(deps: PeopleDeps, cache: Parts['cache']): Unit {
  const directory = createProjection(deps, { ...peopleGroups.directory, schema: 'people', fold: foldAccounts });
  let listening: Subscription | null = null;
  return {
    async start() {
      await directory.unit.start?.();
      const onChanges = (records: readonly BusRecord[]) => onProfileChanges(records, cache);
      listening = await deps.bus.listen([topics.people], onChanges, { onGap: cache.clear });
    },
    async stop() {
      await Promise.all([directory.unit.stop?.(), listening?.close()]);
    },
  };
}
