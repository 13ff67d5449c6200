import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { type MembershipRow, type MessageRow, toMembership, toMessage } from '../../../model/chat-rows.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { ConversationView } from '../api.ts';
import { type ChatDeps, configOf } from '../deps.ts';
import { membershipColumns, messageColumns, readSnapshot } from '../store.ts';
import type { Head, TrustedChatApi } from '../trusted-api.ts';
import { readHeads } from './read-heads.ts';
import type { PageSize } from './read-pages.ts';
import { readViews } from './views.ts';

type Request<M extends 'repair' | 'viewFor'> = Parameters<TrustedChatApi[M]>[1];

/** Of `limit` messages and memberships, taken together by their rev. */
const repairMost = 1_000;

/**
 * What changed in a conversation after a rev, in its present state, ascending by rev. When there is more than `limit`, or than one
 * answer may hold, it ends with a whole rev. `conversation.unknown`; `service.timeout` when `minRev` does not become visible in time.
 */
export async function repair(
  deps: ChatDeps,
  ctx: Context,
  request: Request<'repair'>,
): ReturnType<TrustedChatApi['repair']> {
  const { conversation, rev } = request;
  const limit = Math.min(request.limit, repairMost);
  await awaitRev(deps, ctx, conversation, request.minRev);
  return await readSnapshot(deps.sql, async (tx) => {
    const [head] = await readHeads(tx, deps.incarnation(), [conversation]);
    if (!head) throw fail('conversation.unknown');
    const bytes = configOf(deps).answerBytes;
    const [{ messages, isAll }, memberships] = await Promise.all([
      readMessages(tx, head, rev, { limit, bytes }),
      readMemberships(tx, conversation, rev, limit),
    ]);
    const revs = [...messages.map((row) => row.rev as number), ...memberships.map((row) => row.rev)].sort(
      (a, b) => a - b,
    );
    const last = Math.min(
      revs.length > limit ? (revs[limit - 1] as number) : head.lastRev,
      isAll ? head.lastRev : (messages.at(-1)?.rev as number),
    );
    return {
      messages: messages.filter((row) => (row.rev as number) <= last),
      memberships: memberships.filter((row) => row.rev <= last),
      rev: last,
      head,
    };
  });
}

/** Messages sent since then are among the last (lastRev - rev) of the conversation: each took a rev. */
async function readMessages(tx: SqlSession, head: Head, rev: number, size: PageSize) {
  const rows = await tx.query<MessageRow & { found: number }>(
    `select * from (select i.*, count(*) over () as found,
       sum(coalesce(octet_length(i.content), 0) + octet_length(i.reactions))
         over (order by i.present rows between unbounded preceding and 1 preceding) as bytes_before
     from ((select ${messageColumns}, m.rev as present from chat.messages m
      where m.conversation_id = $1 and m.seq > $2 and m.rev > $3 and m.mod_rev is null order by m.seq limit $4)
     union all
     (select ${messageColumns}, m.mod_rev from chat.messages m
      where m.conversation_id = $1 and m.mod_rev > $3 order by m.mod_rev limit $4)
     order by present limit $4) i) page
     where bytes_before is null or bytes_before < $5
     order by present`,
    [head.conversation, head.lastSeq - (head.lastRev - rev), rev, size.limit + 1, size.bytes],
    'chat-repair',
  );
  return { messages: rows.map(toMessage), isAll: rows.length === (rows[0]?.found ?? 0) };
}

async function readMemberships(tx: SqlSession, conversation: ConversationId, rev: number, limit: number) {
  const rows = await tx.query<MembershipRow>(
    `select ${membershipColumns} from chat.memberships where conversation_id = $1 and rev > $2
     order by rev fetch first $3 rows with ties`,
    [conversation, rev, limit + 1],
    'chat-repair-members',
  );
  return rows.map(toMembership);
}

/** null: not a member, and it is not public. */
export async function viewFor(
  deps: ChatDeps,
  ctx: Context,
  request: Request<'viewFor'>,
): Promise<ConversationView | null> {
  await awaitRev(deps, ctx, request.conversation, request.minRev);
  const { conversation, user } = request;
  const [view] = await readSnapshot(deps.sql, (tx) => readViews(tx, deps.incarnation(), user, [conversation]));
  return view ?? null;
}

/** A change may be decoded from the log a moment before it is visible to a read (MESSAGE-PATH rule 12). */
async function awaitRev(deps: ChatDeps, ctx: Context, conversation: ConversationId, rev: number): Promise<void> {
  const within = configOf(deps).visibleWithinMs;
  const until = Math.min(ctx.deadline, deps.clock.monotonic() + within);
  for (let wait = 2; ; wait = Math.min(wait * 2, 100)) {
    const [head] = await readHeads(deps.sql, deps.incarnation(), [conversation]);
    if (!head) throw fail('conversation.unknown');
    if (head.lastRev >= rev) return;
    if (deps.clock.monotonic() + wait > until) {
      throw fail('service.timeout', `The change ${rev} of this conversation is not visible yet.`);
    }
    await pause(wait);
  }
}
