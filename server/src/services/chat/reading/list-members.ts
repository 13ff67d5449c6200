import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { type MembershipRow, toMembership } from '../../../model/chat-rows.ts';
import type { Membership } from '../../../model/conversation.ts';
import type { MembersRequest } from '../api.ts';
import type { ChatDeps } from '../deps.ts';
import { membershipColumns } from '../store.ts';
import { checkLimit } from './check-limit.ts';
import { createCursor, parseCursor } from './cursor.ts';
import type { ReadDeps } from './read-deps.ts';
import { loadReaders, mayRead, pairKey } from './readers.ts';

interface MembersPage {
  readonly items: readonly Membership[];
  readonly next: string | null;
}

const maxConversations = 200;

const membersSql = `select n::int4, ${membershipColumns}
  from unnest($1::uuid[], $2::uuid[], $3::int4[]) with ordinality r(id, after, most, n)
  cross join lateral (
    select * from chat.memberships m
    where m.conversation_id = r.id and m.left_rev is null and (r.after is null or m.user_id > r.after)
    order by m.user_id limit r.most) m
  order by n, user_id`;

/** Present members by id; `limit` 1–1,000. To everybody who may read the conversation. */
export async function listMembers(
  deps: ReadDeps,
  ctx: Context,
  id: ConversationId,
  page: MembersRequest['page'],
): Promise<MembersPage> {
  const { account } = requirePrincipal(ctx);
  const request = parseRequest({ id, page });
  await deps.requireReader({ conversation: id, user: account });
  return (await readMembers(deps, [request]))[0] as MembersPage;
}

/** The same for many conversations at once, in the order asked; empty where the caller may not read. Two statements in all. */
export async function listMembersOf(
  deps: ChatDeps,
  ctx: Context,
  requests: readonly MembersRequest[],
): Promise<readonly MembersPage[]> {
  const { account: user } = requirePrincipal(ctx);
  if (requests.length > maxConversations) {
    throw fail('request.too_large', `Ask for the members of ${maxConversations} conversations at the most.`);
  }
  const parsed = requests.map(parseRequest);
  const readers = await loadReaders(
    deps.sql,
    [...new Set(parsed.map(({ id }) => id))].map((conversation) => ({ conversation, user })),
  );
  return readMembers(
    deps,
    parsed.map((request) => {
      const reader = readers.get(pairKey({ conversation: request.id, user }));
      return reader && mayRead(reader) ? request : { ...request, limit: 0 };
    }),
  );
}

interface ParsedRequest {
  readonly id: ConversationId;
  readonly limit: number;
  readonly after: AccountId | null;
}

function parseRequest({ id, page }: MembersRequest): ParsedRequest {
  checkLimit(page.limit, 1_000);
  const [after] = page.after === undefined ? [null] : parseCursor(page.after, ['id']);
  return { id, limit: page.limit, after: after as AccountId | null };
}

/** A page per request; a limit of 0 reads nothing. */
async function readMembers({ sql }: ChatDeps, requests: readonly ParsedRequest[]): Promise<readonly MembersPage[]> {
  const rows = await sql.query<MembershipRow & { readonly n: number }>(
    membersSql,
    [
      requests.map(({ id }) => id),
      requests.map(({ after }) => after),
      requests.map(({ limit }) => (limit === 0 ? 0 : limit + 1)),
    ],
    'chat-members',
  );
  const found: Membership[][] = requests.map(() => []);
  for (const { n, ...row } of rows) found[n - 1]?.push(toMembership(row));
  return found.map((members, i) => {
    const { limit } = requests[i] as ParsedRequest;
    const items = members.slice(0, limit);
    const last = items.at(-1);
    return { items, next: members.length > limit && last ? createCursor([last.user]) : null };
  });
}
