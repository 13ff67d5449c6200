import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { ConversationKind, Role, Visibility } from '../../../model/conversation.ts';
import type { Draft } from '../../../model/message.ts';
import type { Decide } from '../../../ports/policy.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { AppendResult } from '../api.ts';
import { type HeadRow, lockHeadsSql } from '../lock-heads.ts';
import { blockedInSql } from '../reading/blocked-sql.ts';
import { maySeeAttachmentSql } from '../reading/visible-sql.ts';
import { type Decided, decideAppend, type Locked, memberKey } from './decide-append.ts';

/**
 * How a committer's connection must be set: waiting for a lock is bounded (rule 3), and its few statements keep index plans
 * however large the tables grow and whatever the size of the arrays they are joined with.
 */
export const appendSessionSql = `set lock_timeout = '200ms'; set jit = off; set plan_cache_mode = force_generic_plan;
  set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off`;

/**
 * Appends one batch in one READ COMMITTED transaction of two pipelined round trips (MESSAGE-PATH rule 1). When it resolves
 * the messages are on disk. Statements stay separate: the reads must have a snapshot newer than the lock, or a removed
 * member's message gets in and a duplicate burns a seq.
 * Throws SqlError; the caller knows what that means for the batch.
 */
export async function appendBatch(
  session: SqlSession,
  drafts: readonly Draft[],
  decide: Decide,
): Promise<readonly AppendResult[]> {
  const locked = await readLocked(session, drafts);
  const decided = decideAppend(drafts, locked, decide);
  if (decided.rows.length === 0) await session.query('rollback');
  else await Promise.all([insertMessages(session, decided), writeHeads(session, decided), session.query('commit')]);
  return decided.results;
}

interface StandingRow {
  readonly conversation: ConversationId;
  readonly sender: AccountId;
  readonly kind: ConversationKind;
  readonly visibility: Visibility;
  readonly role: Role | null;
  readonly blocked: boolean | null;
}

/** Behind `offset 0` each look-up goes by its whole key: otherwise all members of a conversation may be read to find one (rule 31). */
export const standingsSql = `select d.conversation, d.sender, c.kind, c.visibility, m.role, ${blockedInSql('c')} as blocked
  from unnest($1::uuid[], $2::uuid[]) d(conversation, sender)
  join lateral (select * from chat.conversations where id = d.conversation and deleted_rev is null offset 0) c on true
  left join lateral (select role from chat.memberships
    where conversation_id = d.conversation and user_id = d.sender and left_rev is null offset 0) m on true`;

export const earlierSql = `select m.conversation_id, m.sender_id, m.id, m.seq, m.rev, encode(m.hash, 'hex') as hash, m.created_at,
    m.reply_to, m.thread, m.mentions
  from unnest($1::uuid[], $2::uuid[], $3::text[]) d(conversation, sender, id)
  join lateral (select * from chat.messages
    where conversation_id = d.conversation and sender_id = d.sender and id = d.id offset 0) m on true`;

/** The lock keeps them until the message is there: who removes what nothing shows waits for it, or is seen here to have been first. */
export const attachmentsSql = `select d.sender, d.attachment from unnest($1::uuid[], $2::uuid[]) d(sender, attachment)
  join lateral (select * from chat.attachments where id = d.attachment offset 0 for key share) a on ${maySeeAttachmentSql('a', 'd.sender')}`;

async function readLocked(session: SqlSession, drafts: readonly Draft[]): Promise<Locked> {
  const senders = [...new Map(drafts.map((draft) => [memberKey(draft), draft])).values()];
  const withAttachment = drafts.filter((draft) => draft.attachment);
  const [, heads, standings, earlier, attachments, clock] = await Promise.all([
    session.query('begin'),
    session.query<HeadRow>(lockHeadsSql, [[...new Set(drafts.map((draft) => draft.conversation))]], 'append-lock'),
    session.query<StandingRow>(
      standingsSql,
      [senders.map((d) => d.conversation), senders.map((d) => d.sender)],
      'append-standings',
    ),
    session.query<{
      conversation_id: string;
      sender_id: string;
      id: string;
      seq: number;
      rev: number;
      hash: string;
      created_at: string;
      reply_to: number | null;
      thread: number | null;
      mentions: AccountId[] | null;
    }>(
      earlierSql,
      [drafts.map((d) => d.conversation), drafts.map((d) => d.sender), drafts.map((d) => d.id)],
      'append-earlier',
    ),
    withAttachment.length === 0
      ? undefined
      : session.query<{ sender: string; attachment: string }>(
          attachmentsSql,
          [withAttachment.map((d) => d.sender), withAttachment.map((d) => d.attachment)],
          'append-attachments',
        ),
    session.query<{ now: string }>('select clock_timestamp() as now', [], 'append-clock'),
  ]);
  return {
    heads: new Map(
      heads.map((row) => [row.conversation_id, { lastSeq: row.last_seq, lastRev: row.last_rev, lastAt: row.last_at }]),
    ),
    standings: new Map(
      standings.map(({ conversation, sender, kind, visibility, role, blocked }) => [
        `${conversation} ${sender}`,
        { kind, visibility, role, blocked: blocked === true, sender },
      ]),
    ),
    earlier: new Map(
      earlier.map((row) => [
        `${row.conversation_id} ${row.sender_id} ${row.id}`,
        {
          ...{ seq: row.seq, rev: row.rev, hash: row.hash, createdAt: row.created_at },
          ...{ replyTo: row.reply_to, thread: row.thread, mentions: row.mentions ?? [] },
        },
      ]),
    ),
    attachments: attachments && new Set(attachments.map((row) => `${row.sender} ${row.attachment}`)),
    now: clock[0]?.now ?? '',
  };
}

/** One plain unnest insert. No ON CONFLICT: under the lock a unique violation is a bug and must be loud. */
function insertMessages(session: SqlSession, { rows }: Decided): Promise<unknown> {
  return session.query(
    `insert into chat.messages
       (conversation_id, seq, rev, id, sender_id, content, hash, reply_to, thread, mentions, attachment, created_at)
     select conversation, seq, rev, id, sender, content, decode(hash, 'hex'), reply_to, thread, mentions::uuid[], attachment, created_at
     from unnest($1::uuid[], $2::int8[], $3::int8[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::int8[], $9::int8[],
       $10::text[], $11::uuid[], $12::timestamptz[])
       d(conversation, seq, rev, id, sender, content, hash, reply_to, thread, mentions, attachment, created_at)`,
    [
      rows.map((row) => row.draft.conversation),
      rows.map((row) => row.seq),
      rows.map((row) => row.rev),
      rows.map((row) => row.draft.id),
      rows.map((row) => row.draft.sender),
      rows.map((row) => row.draft.content),
      rows.map((row) => row.draft.hash),
      rows.map((row) => row.draft.replyTo),
      rows.map((row) => row.draft.thread),
      rows.map((row) => (row.draft.mentions.length === 0 ? null : `{${row.draft.mentions.join(',')}}`)),
      rows.map((row) => row.draft.attachment),
      rows.map((row) => row.createdAt),
    ],
    'append-insert',
  );
}

function writeHeads(session: SqlSession, { heads }: Decided): Promise<unknown> {
  const moved = [...heads];
  return session.query(
    `update chat.heads h set last_seq = d.seq, last_rev = d.rev, last_at = d.at
     from unnest($1::uuid[], $2::int8[], $3::int8[], $4::timestamptz[]) d(conversation, seq, rev, at)
     where h.conversation_id = d.conversation`,
    [
      moved.map(([id]) => id),
      moved.map(([, h]) => h.lastSeq),
      moved.map(([, h]) => h.lastRev),
      moved.map(([, h]) => h.lastAt),
    ],
    'append-heads',
  );
}
