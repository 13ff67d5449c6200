import { Failure, fail } from '../../../kernel/errors.ts';
import type { Role } from '../../../model/conversation.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';
import { changeConversations, type LockedHead } from '../lock-heads.ts';
import { loadReaders, type Pair, pairKey, type Reader } from '../reading/readers.ts';

/** What a command works with: the conversation as it stands to the actor, read after its head was locked. */
export interface Acting extends Reader {
  readonly tx: SqlSession;
  readonly head: LockedHead;
}

export type MemberActing = Acting & { readonly role: Role };

/**
 * Runs one change of one conversation under its head lock; the actor's role is read after the lock, so that it is the role
 * they have when the change happens (MESSAGE-PATH rule 2). A conversation that does not exist answers like one the actor is
 * no member of: `conversation.forbidden`.
 */
export function changeConversation<T>(sql: Sql, pair: Pair, work: (acting: Acting) => Promise<T>): Promise<T> {
  return asForbidden(
    changeConversations(sql, [pair.conversation], async (tx, heads) => {
      const head = heads.get(pair.conversation) as LockedHead;
      const reader = (await loadReaders(tx, [pair])).get(pairKey(pair));
      if (!reader) throw fail('conversation.forbidden');
      return await work({ ...reader, tx, head });
    }),
  );
}

/** The same for acts that only members may do. */
export function changeAsMember<T>(sql: Sql, pair: Pair, work: (acting: MemberActing) => Promise<T>): Promise<T> {
  return changeConversation(sql, pair, (acting) => {
    const { role } = acting;
    if (role === null) throw fail('conversation.forbidden');
    return work({ ...acting, role });
  });
}

async function asForbidden<T>(changed: Promise<T>): Promise<T> {
  try {
    return await changed;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'conversation.unknown') throw fail('conversation.forbidden');
    throw thrown;
  }
}
