import type { Principal } from '../../../kernel/context.ts';
import { Failure, fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { Action, ActionFacts, Standing } from '../../../ports/policy.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import { requireAllowed } from '../deciding/require-allowed.ts';
import type { ChangeDeps } from '../deps.ts';
import { changeConversations, type LockedHead } from '../lock-heads.ts';
import { loadReaders, pairKey, type Reader, standingOf } from '../reading/readers.ts';

/** What a command works with: the conversation as it stands to the actor, read after its head was locked. */
export interface Acting extends Reader {
  readonly tx: SqlSession;
  readonly head: LockedHead;
  /** Throws what the policy refuses with. `more`: what was read besides how the conversation stands to the actor. */
  permit<A extends Action>(action: A, more: Omit<ActionFacts[A], keyof Standing>): void;
}

/**
 * Runs one change of one conversation under its head lock; the actor's role is read after the lock, so that it is the role
 * they have when the change happens (MESSAGE-PATH rule 2). Each command asks `permit` before it writes. A conversation that does
 * not exist answers like one the actor is no member of: `conversation.forbidden`.
 */
export function changeConversation<T>(
  { sql, decide }: Pick<ChangeDeps, 'sql' | 'decide'>,
  principal: Principal,
  conversation: ConversationId,
  work: (acting: Acting) => Promise<T>,
): Promise<T> {
  const pair = { conversation, user: principal.account };
  return asForbidden(
    changeConversations(sql, [conversation], async (tx, heads) => {
      const head = heads.get(conversation) as LockedHead;
      const reader = (await loadReaders(tx, [pair])).get(pairKey(pair));
      if (!reader) throw fail('conversation.forbidden');
      const standing = standingOf(reader);
      return await work({
        ...reader,
        tx,
        head,
        permit<A extends Action>(action: A, more: Omit<ActionFacts[A], keyof Standing>) {
          const facts = { ...standing, ...more } as ActionFacts[A];
          requireAllowed(decide(action, principal, facts));
        },
      });
    }),
  );
}

async function asForbidden<T>(changed: Promise<T>): Promise<T> {
  try {
    return await changed;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'conversation.unknown') throw fail('conversation.forbidden');
    throw thrown;
  }
}
