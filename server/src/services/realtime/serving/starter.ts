import { systemContext } from '../../../kernel/context.ts';
import { gather } from '../../../kernel/gather.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Head, TrustedChatApi } from '../../chat/trusted-api.ts';
import type { Pipeline } from '../delivering/pipeline.ts';
import type { HubIndex } from '../hub-index.ts';
import { insist } from '../insist.ts';
import type { Scheduler } from '../scheduler.ts';
import type { ServedConversation } from '../served-conversation.ts';
import type { Registrar } from './registrar.ts';

/** Begins to serve a conversation: known to the registry first, then its position (rules 15, 16). */
export interface Starter {
  /** From the head on. Single-flight; resolves when the position is known. */
  fromHead(served: ServedConversation): Promise<void>;
  /** From a change that made a local user a member: everything from it on is delivered, what was missed is fetched. */
  fromJoin(served: ServedConversation, rev: number): void;
}

export function createStarter(deps: {
  readonly chat: Pick<TrustedChatApi, 'heads'>;
  readonly index: HubIndex;
  readonly registrar: Registrar;
  readonly pipeline: Pipeline;
  readonly scheduler: Scheduler;
}): Starter {
  const { chat, index, registrar, pipeline, scheduler } = deps;
  const starting = new Map<ServedConversation, Promise<void>>();
  const headOf = gather<ConversationId, Head | undefined>({
    soon: (task) => scheduler.soon(task),
    max: 1_000,
    atOnce: 4,
    async ask(ids) {
      const heads = await chat.heads(systemContext('realtime.heads'), ids);
      const byId = new Map(heads.map((head) => [head.conversation, head]));
      return ids.map((id) => byId.get(id));
    },
  });

  async function start(served: ServedConversation, since: number | null): Promise<void> {
    await insist(scheduler, () => registrar.serve([served.id]));
    // Read after the registry confirmed: whatever is later than this head comes through the stream.
    const head = await insist(scheduler, () => headOf(served.id));
    served.epoch = head?.epoch ?? '';
    if (since === null) {
      served.lastSeq = head?.lastSeq ?? 0;
      served.lastRev = head?.lastRev ?? 0;
    } else {
      served.lastRev = since;
      served.target = Math.max(served.target, head?.lastRev ?? 0);
    }
    served.knownSince = index.stamp();
  }

  function begin(served: ServedConversation, since: number | null): Promise<void> {
    const started = start(served, since).finally(() => starting.delete(served));
    starting.set(served, started);
    return started;
  }

  return {
    fromHead(served) {
      const under = starting.get(served);
      if (under) return under;
      const started = begin(served, null);
      void pipeline.begin(served, started);
      return started;
    },
    fromJoin(served, rev) {
      void pipeline.begin(served, begin(served, rev - 1));
    },
  };
}
