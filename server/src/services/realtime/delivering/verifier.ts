import { systemContext } from '../../../kernel/context.ts';
import type { HubId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import type { HubRegistry } from '../../../ports/hub-registry.ts';
import type { Head, TrustedChatApi } from '../../chat/trusted-api.ts';
import type { LiveConnection } from '../connections/live-connection.ts';
import type { HubIndex } from '../hub-index.ts';
import { insist } from '../insist.ts';
import type { Scheduler } from '../scheduler.ts';
import type { ServedConversation } from '../served-conversation.ts';
import type { Loader } from '../serving/loader.ts';
import type { Registrar } from '../serving/registrar.ts';
import type { Pipeline } from './pipeline.ts';

const headsPerRead = 1_000;

/** Compares what was delivered with what there is (rule 16). */
export interface Verifier {
  /** Nothing is delivered before it is over; null: the hub can be trusted. */
  readonly deaf: Promise<void> | null;
  /**
   * Compares everything; doubts that come before a comparison has begun share it. `unregistered`: the registry has forgotten
   * this hub as well.
   */
  doubt(reason: string, unregistered?: boolean): Promise<void>;
  /** The conversation has changed: it belongs to the next check. */
  touched(served: ServedConversation): void;
  /**
   * The regular check: what was the head at the last one must have been delivered by now, or the last message is lost.
   * Looks at the conversations that changed since, and at a part of the others in turn.
   */
  check(): Promise<void>;
}

export function createVerifier(deps: {
  readonly chat: Pick<TrustedChatApi, 'heads'>;
  readonly registry: HubRegistry;
  readonly hub: HubId;
  readonly leaseMs: number;
  readonly index: HubIndex;
  readonly registrar: Registrar;
  readonly pipeline: Pipeline;
  readonly loader: Loader;
  readonly scheduler: Scheduler;
  readonly log: Log;
  lose(connections: readonly LiveConnection[]): void;
  /** What is told by user, and has no rev to compare, may have been missed up to now. */
  onMissed(): void;
}): Verifier {
  const { chat, index, registrar, pipeline, scheduler, log } = deps;
  const recent = new Set<ServedConversation>();
  let asked: ServedConversation[] = [];
  let rotation: ServedConversation[] = [];
  let deaf: Promise<void> | null = null;
  let next: { unregistered: boolean; readonly done: Promise<void> } | null = null;

  async function* headsOf(all: readonly ServedConversation[]): AsyncGenerator<[ServedConversation, Head]> {
    for (let at = 0; at < all.length; at += headsPerRead) {
      const ids = all.slice(at, at + headsPerRead).map((served) => served.id);
      for (const head of await chat.heads(systemContext('realtime.heads'), ids)) {
        const served = index.served.get(head.conversation);
        if (served?.known) yield [served, head];
      }
    }
  }

  /** Of another epoch, the database was restored: no position means anything any more, clients have to fetch anew. */
  function isOfThisEpoch(served: ServedConversation, head: Head): boolean {
    if (served.epoch === '' || served.epoch === head.epoch) {
      served.epoch = head.epoch;
      return true;
    }
    deps.lose([...served.audience()]);
    return false;
  }

  async function compareAll(unregistered: boolean): Promise<void> {
    if (unregistered) {
      await deps.registry.renew(deps.hub, deps.leaseMs);
      await registrar.hold([...index.users.keys()]);
      await registrar.serve([...index.served.keys()]);
    }
    deps.onMissed();
    const behind: Promise<void>[] = [];
    for await (const [served, head] of headsOf([...index.served.values()])) {
      if (isOfThisEpoch(served, head) && head.lastRev > served.lastRev)
        behind.push(pipeline.reach(served, head.lastRev));
    }
    await Promise.all(behind);
    // Conversations that users joined meanwhile are not served here and show up only in their memberships.
    await Promise.all([...index.users.values()].filter((user) => user.loaded).map((user) => deps.loader.reload(user)));
  }

  async function listenAgain(unregistered: boolean): Promise<void> {
    try {
      await insist(scheduler, () => compareAll(unregistered));
    } catch (error) {
      log.error({ err: error }, 'the hub could not find out what it missed; all connections have to resume');
      deps.lose([...index.connections]);
    }
  }

  return {
    get deaf() {
      return deaf;
    },
    doubt(reason, unregistered = false) {
      if (next) {
        next.unregistered ||= unregistered;
        return next.done;
      }
      log.warn({ reason, conversations: index.served.size }, 'comparing what was delivered with what there is');
      const before = deaf ?? Promise.resolve();
      const done: Promise<void> = before
        .then(() => {
          next = null;
          return listenAgain(mine.unregistered);
        })
        .then(() => {
          if (deaf === done) deaf = null;
        });
      const mine = { unregistered, done };
      next = mine;
      deaf = done;
      return done;
    },
    touched: (served) => void recent.add(served),
    async check() {
      for (const served of asked) {
        if (index.served.get(served.id) === served && served.expected > served.lastRev) {
          void pipeline.reach(served, served.expected);
        }
      }
      if (rotation.length === 0) rotation = [...index.served.values()];
      const next = new Set([...recent, ...rotation.splice(0, headsPerRead)]);
      recent.clear();
      asked = [];
      try {
        for await (const [served, head] of headsOf([...next])) {
          if (!isOfThisEpoch(served, head)) continue;
          served.expected = head.lastRev;
          asked.push(served);
        }
      } catch (error) {
        log.warn({ err: error }, 'the heads could not be compared; trying again at the next check');
      }
    },
  };
}
