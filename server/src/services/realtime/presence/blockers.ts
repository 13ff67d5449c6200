import { systemContext } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Change } from '../../../model/change.ts';
import type { PeopleApi } from '../../people/api.ts';
import { insist } from '../insist.ts';
import type { Scheduler } from '../scheduler.ts';

/**
 * Who has blocked those who are connected here: the blocked are told neither presence nor typing nor receipts of the blocker. Read when somebody
 * connects, kept right by changes, forgotten when they go.
 */
export interface Blockers {
  /** What `owner` does is not told to `watcher`. Of whom nothing is known yet, nothing is told. */
  hides(owner: AccountId, watcher: AccountId): boolean;
  /** Who has blocked these accounts, connected here or not, read now; null: it cannot be read. Never rejects. */
  against(users: readonly AccountId[]): Promise<ReadonlyMap<AccountId, ReadonlySet<AccountId>> | null>;
  /** null: known already. Never rejects. */
  load(watcher: AccountId): Promise<void> | null;
  forget(watcher: AccountId): void;
  /** Folds a block or its end (rule 12). The watcher, if they are here and it is news. */
  apply(change: Change<object>): { readonly owner: AccountId; readonly watcher: AccountId } | null;
  /** Changes may have been missed: everybody is read again. */
  reload(): void;
}

interface Known {
  owners: Set<AccountId> | null;
  loading: Promise<void> | null;
  /** Changes that came while it was being read, whose read may be older. */
  readonly late: Map<AccountId, boolean>;
}

export function createBlockers(deps: {
  readonly people: Pick<PeopleApi, 'blocksAgainst'>;
  readonly scheduler: Scheduler;
  readonly log: Log;
}): Blockers {
  const { people, scheduler, log } = deps;
  const known = new Map<AccountId, Known>();

  function ask(users: readonly AccountId[]) {
    return insist(scheduler, () => people.blocksAgainst(systemContext('realtime.blocks', 2_000), users));
  }

  async function against(users: readonly AccountId[]): ReturnType<Blockers['against']> {
    try {
      const owners = new Map<AccountId, Set<AccountId>>();
      for (const { owner, blocked } of await ask(users)) {
        const known = owners.get(blocked);
        if (known) known.add(owner);
        else owners.set(blocked, new Set([owner]));
      }
      return owners;
    } catch (err) {
      log.warn({ err }, 'blocks cannot be read: receipts of direct conversations are told to nobody else meanwhile');
      return null;
    }
  }

  async function read(watcher: AccountId, entry: Known): Promise<void> {
    try {
      const blocks = await ask([watcher]);
      const owners = new Set(blocks.map(({ owner }) => owner));
      for (const [owner, active] of entry.late) set(owners, owner, active);
      entry.owners = owners;
    } catch (err) {
      log.warn({ err }, 'blocks cannot be read: somebody is told no presence, typing and receipts meanwhile');
    }
    entry.late.clear();
    entry.loading = null;
  }

  function load(watcher: AccountId): Promise<void> | null {
    let entry = known.get(watcher);
    if (!entry) {
      entry = { owners: null, loading: null, late: new Map() };
      known.set(watcher, entry);
    }
    if (entry.owners) return null;
    entry.loading ??= read(watcher, entry);
    return entry.loading;
  }

  return {
    hides: (owner, watcher) => owner !== watcher && (known.get(watcher)?.owners?.has(owner) ?? true),
    against,
    load,
    forget: (watcher) => void known.delete(watcher),
    apply({ source, after, before }) {
      if (source.table !== 'blocks') return null;
      const row = (after ?? { ...before, active: false }) as {
        owner_id: AccountId;
        blocked_id: AccountId;
        active: boolean;
      };
      const { owner_id: owner, blocked_id: watcher, active } = row;
      const entry = known.get(watcher);
      if (entry?.loading) entry.late.set(owner, active);
      if (!entry?.owners || entry.owners.has(owner) === active) return null;
      set(entry.owners, owner, active);
      return { owner, watcher };
    },
    reload() {
      const watchers = [...known.keys()];
      known.clear();
      for (const watcher of watchers) void load(watcher);
    },
  };
}

function set(owners: Set<AccountId>, owner: AccountId, active: boolean): void {
  if (active) owners.add(owner);
  else owners.delete(owner);
}
