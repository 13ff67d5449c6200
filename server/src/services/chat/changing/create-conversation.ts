import { type Context, type Principal, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AccountId, type ConversationId, createId, isChosenId } from '../../../kernel/ids.ts';
import { checkAvatar } from '../../../model/avatar.ts';
import { conversationLimits, newcomerRole, type Role } from '../../../model/conversation.ts';
import { createDirectId, sortPair } from '../../../model/direct-id.ts';
import { cleanName } from '../../../model/text/names.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { ConversationView, NewConversation } from '../api.ts';
import { requireAllowed } from '../deciding/require-allowed.ts';
import { type ChangeDeps, type ChatDeps, checkStorage } from '../deps.ts';
import { changeConversations } from '../lock-heads.ts';
import { checkTopic } from '../parse-settings.ts';
import { checkPicture } from '../reading/attachments.ts';
import { blockedSql } from '../reading/blocked-sql.ts';
import { joinSeqOf, loadReaders, pairKey } from '../reading/readers.ts';
import { readViews } from '../reading/views.ts';
import { findBlockers, insertMemberships, readSnapshot } from '../store.ts';
import { checkAccounts } from './check-accounts.ts';

/** Members that join within one transaction: no business transaction may exceed 1,000 rows (rule 13). */
const membersAtOnce = 900;

interface Plan extends NewConversation {
  readonly id: ConversationId;
  readonly members: readonly AccountId[];
  readonly pair: readonly [AccountId, AccountId] | null;
}

/**
 * Creates a conversation with its members, all of whom join with rev 1. Repeating it with the same id finds the first one.
 * Errors: `request.invalid`, `account.unknown` naming who, `attachment.unknown` (the avatar's), `action.forbidden` (blocked),
 * `conversation.conflict` (the id is somebody else's).
 */
export async function createConversation(
  deps: ChangeDeps,
  ctx: Context,
  request: NewConversation,
): Promise<{ readonly conversation: ConversationView; readonly created: boolean }> {
  const principal = requirePrincipal(ctx);
  const { account } = principal;
  checkStorage(deps);
  const plan = request.kind === 'direct' ? planDirect(account, request) : planShared(account, request);
  await checkAccounts(deps, ctx, plan.members);
  const created = await deps.sql.transaction((tx) => insertConversation(deps, tx, principal, plan));
  await addRemaining(deps, account, plan);
  const [conversation] = await readSnapshot(deps.sql, (tx) => readViews(tx, deps.incarnation(), account, [plan.id]));
  if (!conversation) throw fail('conversation.conflict', 'You have left the conversation that has this id.');
  return { conversation, created };
}

/** Between two accounts, or with oneself alone: notes. */
function planDirect(account: AccountId, request: NewConversation): Plan {
  if (request.members.length !== 1) {
    throw fail('request.invalid', 'members of a direct conversation must name exactly one account.');
  }
  for (const field of ['id', 'name', 'topic', 'avatar', 'history'] as const) {
    if (request[field] !== undefined) throw fail('request.invalid', `A direct conversation has no ${field} to choose.`);
  }
  if (request.visibility === 'public') throw fail('request.invalid', 'A direct conversation cannot be public.');
  const other = request.members[0] as AccountId;
  const members = other === account ? [] : [other];
  return { ...request, id: createDirectId(account, other), members, pair: sortPair(account, other) };
}

function planShared(account: AccountId, request: NewConversation): Plan {
  const members = [...new Set(request.members)].filter((member) => member !== account);
  if (members.length > conversationLimits.membersPerRequest) {
    throw fail('request.invalid', `members may name ${conversationLimits.membersPerRequest} accounts at the most.`);
  }
  if (request.id !== undefined && !isChosenId(request.id)) {
    throw fail('request.invalid', 'id must be a lower-case UUID of version 4 or 7.');
  }
  const name = request.name === undefined ? undefined : cleanName(request.name, conversationLimits.name);
  if (request.topic !== undefined) checkTopic(request.topic);
  if (request.avatar !== undefined) checkAvatar(request.avatar);
  return { ...request, name, id: request.id ?? createId<ConversationId>(), members, pair: null };
}

/** False: it was there before, made by the same account (or, if direct, by either of the two). */
async function insertConversation(
  deps: ChangeDeps,
  tx: SqlSession,
  principal: Principal,
  plan: Plan,
): Promise<boolean> {
  const { account } = principal;
  // Of two that create the same one at once the second waits here until the first has committed, and then inserts nothing.
  const inserted = await tx.query(
    `insert into chat.conversations
       (id, kind, name, topic, avatar, visibility, history, nonce, created_by, created_at, updated_at, rev, member_a, member_b)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, now.at, now.at, 1, $10, $11 from (select clock_timestamp() as at) now
     on conflict (id) do nothing returning id`,
    [
      plan.id,
      plan.kind,
      plan.name ?? null,
      plan.topic ?? null,
      plan.avatar ?? null,
      plan.visibility ?? 'private',
      plan.history ?? 'all',
      createId(),
      account,
      ...(plan.pair ?? [null, null]),
    ],
  );
  if (inserted.length === 0) {
    await checkRepeat(tx, account, plan);
    return false;
  }
  const blocked = plan.pair !== null && (await isBlocked(tx, plan.pair));
  const { kind, visibility = 'private' } = plan;
  const blocksActor = plan.pair === null && (await findBlockers(tx, account, plan.members)).size > 0;
  requireAllowed(deps.decide('create', principal, { kind, visibility, role: null, blocked, blocksActor }));
  if (plan.avatar !== undefined) await checkPicture(tx, account, plan.avatar);
  const first = membersOf(account, plan).slice(0, membersAtOnce);
  await Promise.all([
    tx.query(
      `insert into chat.heads (conversation_id, last_seq, last_rev, last_at)
       select id, 0, 1, created_at from chat.conversations where id = $1`,
      [plan.id],
    ),
    insertMemberships(tx, plan.id, first, { seq: 0, rev: 1 }),
  ]);
  return true;
}

function membersOf(account: AccountId, plan: Plan): readonly { readonly user: AccountId; readonly role: Role }[] {
  const own: Role = plan.kind === 'direct' ? 'member' : 'owner';
  const others = newcomerRole(plan.kind);
  return [{ user: account, role: own }, ...plan.members.map((user) => ({ user, role: others }))];
}

async function checkRepeat(tx: SqlSession, account: AccountId, plan: Plan): Promise<void> {
  const [row] = await tx.query<{ created_by: AccountId; kind: string; deleted_rev: number | null }>(
    'select created_by, kind, deleted_rev from chat.conversations where id = $1',
    [plan.id],
  );
  const same = row?.kind === plan.kind && row.deleted_rev === null && (plan.pair || row.created_by === account);
  if (!same) throw fail('conversation.conflict', 'This id is taken by another conversation.');
}

async function isBlocked(tx: SqlSession, pair: readonly [AccountId, AccountId]): Promise<boolean> {
  const [row] = await tx.query<{ blocked: boolean }>(`select ${blockedSql('$1::uuid', '$2::uuid')} as blocked`, pair);
  return row?.blocked === true;
}

/**
 * The members beyond the first transaction's, each batch with a rev of its own. A repeat completes what a crash left undone: it
 * adds who has never been a member, as long as its sender still owns the conversation.
 */
async function addRemaining(deps: ChatDeps, account: AccountId, plan: Plan): Promise<void> {
  // one place of the first transaction was the creator's
  for (let at = membersAtOnce - 1; at < plan.members.length; at += membersAtOnce) {
    const users = plan.members.slice(at, at + membersAtOnce);
    const role = newcomerRole(plan.kind);
    await changeConversations(deps.sql, [plan.id], async (tx, heads) => {
      const head = heads.get(plan.id);
      if (!head) throw fail('conversation.unknown');
      // no right that is asked for: a creation that is no longer its sender's has nothing left to complete
      const pair = { conversation: plan.id, user: account };
      const creator = (await loadReaders(tx, [pair])).get(pairKey(pair));
      if (creator?.role !== 'owner') return;
      // a repeat may name others than the creation did
      const blockers = await findBlockers(tx, account, users);
      const missing = (await withoutStay(tx, plan.id, users)).filter((user) => !blockers.has(user));
      if (missing.length === 0) return;
      const members = missing.map((user) => ({ user, role }));
      await insertMemberships(tx, plan.id, members, { seq: joinSeqOf(creator), rev: head.nextRev() });
    });
  }
}

async function withoutStay(
  tx: SqlSession,
  conversation: ConversationId,
  users: readonly AccountId[],
): Promise<readonly AccountId[]> {
  const rows = await tx.query<{ user_id: AccountId }>(
    'select user_id from chat.memberships where conversation_id = $1 and user_id = any($2::uuid[])',
    [conversation, users],
  );
  const known = new Set(rows.map((row) => row.user_id));
  return users.filter((user) => !known.has(user));
}
