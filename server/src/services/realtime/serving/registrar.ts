import { createDeferred, type Deferred } from '../../../kernel/deferred.ts';
import type { AccountId, ConversationId, HubId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import type { HubRegistry } from '../../../ports/hub-registry.ts';
import type { HubIndex } from '../hub-index.ts';
import type { Scheduler } from '../scheduler.ts';

/**
 * The hub's entries in the registry (rule 15). Calls of one turn become one batch, and batches never overlap: a release that
 * overtook a later serve would make this hub miss messages.
 */
export interface Registrar {
  /** Resolves when the registry has confirmed. */
  hold(users: readonly AccountId[]): Promise<void>;
  serve(conversations: readonly ConversationId[]): Promise<void>;
  /** Soon, unless it is wanted again before. What the registry does not take is tried again by `settle`. */
  drop(user: AccountId): void;
  release(conversation: ConversationId): void;
  /** Or users who have gone while the registry was away would count as online, and deliveries come that nobody needs. */
  settle(): void;
}

interface Batch {
  readonly users: Map<AccountId, boolean>;
  readonly conversations: Map<ConversationId, boolean>;
  readonly done: Deferred<void>;
}

export function createRegistrar(deps: {
  readonly registry: HubRegistry;
  readonly hub: HubId;
  /** Who is here and what is served. */
  readonly index: () => Pick<HubIndex, 'users' | 'served'>;
  readonly scheduler: Scheduler;
  readonly log: Log;
}): Registrar {
  const { registry, hub, scheduler, log } = deps;
  const undropped = new Set<AccountId>();
  const unreleased = new Set<ConversationId>();
  let next: Batch | null = null;
  let last: Promise<unknown> = Promise.resolve();

  function batch(): Batch {
    if (next) return next;
    const created: Batch = { users: new Map(), conversations: new Map(), done: createDeferred() };
    next = created;
    scheduler.soon(() => {
      // What is asked while an earlier batch is under way still joins this one.
      last = last.then(() => {
        next = null;
        const result = send(created);
        created.done.resolve(result);
        return result.catch((error) => {
          log.warn({ err: error }, 'the hub registry did not take a change');
          for (const user of split(created.users)[1]) undropped.add(user);
          for (const conversation of split(created.conversations)[1]) unreleased.add(conversation);
        });
      });
    });
    return created;
  }

  async function send({ users, conversations }: Batch): Promise<void> {
    const [held, dropped] = split(users);
    const [served, released] = split(conversations);
    if (dropped.length > 0) await registry.drop(hub, dropped);
    if (released.length > 0) await registry.release(hub, released);
    if (held.length > 0) await registry.hold(hub, held);
    if (served.length > 0) await registry.serve(hub, served);
  }

  function drop(user: AccountId): void {
    batch().users.set(user, false);
  }

  function release(conversation: ConversationId): void {
    batch().conversations.set(conversation, false);
  }

  return {
    drop,
    release,
    settle() {
      const { users, served } = deps.index();
      // Unless they came back: that they did is registered already.
      for (const user of undropped) if (!users.has(user)) drop(user);
      for (const conversation of unreleased) if (!served.has(conversation)) release(conversation);
      undropped.clear();
      unreleased.clear();
    },
    hold(users) {
      const b = batch();
      for (const user of users) b.users.set(user, true);
      return b.done.promise;
    },
    serve(conversations) {
      const b = batch();
      for (const conversation of conversations) b.conversations.set(conversation, true);
      return b.done.promise;
    },
  };
}

function split<K>(wanted: ReadonlyMap<K, boolean>): [K[], K[]] {
  const yes: K[] = [];
  const no: K[] = [];
  for (const [key, on] of wanted) (on ? yes : no).push(key);
  return [yes, no];
}
