import { type Context, requirePrincipal } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../kernel/ids.ts';
import type { ConversationView } from '../../services/chat/api.ts';
import { describeMember, describeRoom, type VeigoMember, type VeigoPage, type VeigoRoom } from './objects.ts';
import { given, type Maybe, type PageArgs, parseId, parsePage, parseText, parseWord } from './parse.ts';
import type { VeigoDeps } from './veigo-deps.ts';

/** Rooms and their members in Veigo's words: rooms are conversations, a photo is an avatar, a description is a topic, privacy is visibility. */
const privacies = ['private', 'public'] as const;

export interface CreateRoomArgs {
  readonly photoPath?: Maybe;
  readonly name?: Maybe;
  readonly description?: Maybe;
  readonly type?: Maybe;
  readonly privacy?: Maybe;
  readonly members?: readonly Maybe[] | null | undefined;
}

/**
 * Its creator is a member, named or not. `account.unknown`. DEPARTS: two people have one direct room, which is found when it is there
 * already; the reference makes another each time.
 */
export async function createRoom(
  deps: VeigoDeps,
  ctx: Context,
  args: CreateRoomArgs,
): Promise<{ readonly information: VeigoRoom; readonly members: readonly VeigoMember[] }> {
  const { account } = requirePrincipal(ctx);
  const name = parseText('name', args.name);
  const type = parseWord('type', args.type, ['direct', 'group']);
  const privacy = parseWord('privacy', given(args.privacy) ?? 'private', privacies);
  const named = (args.members ?? []).map((id) => parseId<AccountId>('members', id));
  const others = [...new Set(named)].filter((id) => id !== account);
  if (type === 'direct' && privacy !== 'private')
    throw fail('request.invalid', 'privacy of a direct room must be private.');
  if (type === 'direct' && others.length !== 1) {
    throw fail('request.invalid', 'members of a direct room must name exactly one other account.');
  }
  const { conversation } = await deps.chat.createConversation(
    ctx,
    type === 'direct'
      ? { kind: 'direct', members: others }
      : {
          kind: 'group',
          name,
          topic: given(args.description),
          avatar: given(args.photoPath),
          members: others,
          visibility: privacy,
        },
  );
  const [information] = await describeRooms(deps, ctx, [conversation]);
  const joinedAt = conversation.createdAt;
  const members = [account, ...others].map((memberId) => ({
    memberId,
    roomId: conversation.id,
    createdAt: joinedAt,
    updatedAt: joinedAt,
  }));
  return { information: information as VeigoRoom, members };
}

/** The caller's, last used first. */
export async function listRooms(
  deps: VeigoDeps,
  ctx: Context,
  page: PageArgs | null | undefined,
): Promise<VeigoPage<VeigoRoom>> {
  const { items, next } = await deps.chat.listConversations(ctx, parsePage(page));
  return { records: await describeRooms(deps, ctx, items), metadata: { cursor: next, hasMore: next !== null } };
}

/** What is not given stays. DEPARTS: for owners and admins, as members are; in the reference any member may do both. */
export async function updateRoom(
  deps: VeigoDeps,
  ctx: Context,
  args: {
    readonly id?: Maybe;
    readonly photoPath?: Maybe;
    readonly name?: Maybe;
    readonly description?: Maybe;
    readonly privacy?: Maybe;
  },
): Promise<VeigoRoom> {
  const id = parseId<ConversationId>('id', args.id);
  const privacy = given(args.privacy);
  const view = await deps.chat.updateConversation(ctx, id, {
    name: given(args.name),
    topic: given(args.description),
    avatar: given(args.photoPath),
    visibility: privacy === undefined ? undefined : parseWord('privacy', privacy, privacies),
  });
  const [room] = await describeRooms(deps, ctx, [view]);
  return room as VeigoRoom;
}

/** The members named, those who were there before included. `account.unknown` when one does not exist: then nobody is added. */
export async function addMembers(
  { chat }: VeigoDeps,
  ctx: Context,
  args: { readonly roomId?: Maybe; readonly membersId?: readonly Maybe[] | null | undefined },
): Promise<readonly VeigoMember[]> {
  const id = parseId<ConversationId>('roomId', args.roomId);
  const users = (args.membersId ?? []).map((user) => parseId<AccountId>('membersId', user));
  if (users.length === 0) throw fail('request.invalid', 'membersId must name at least one account.');
  return (await chat.addMembers(ctx, id, users)).map(describeMember);
}

export async function listMembers(
  { chat }: VeigoDeps,
  ctx: Context,
  args: { readonly roomId?: Maybe; readonly page?: PageArgs | null | undefined },
): Promise<VeigoPage<VeigoMember>> {
  const id = parseId<ConversationId>('roomId', args.roomId);
  const { items, next } = await chat.listMembers(ctx, id, parsePage(args.page));
  return { records: items.map(describeMember), metadata: { cursor: next, hasMore: next !== null } };
}

/** The caller's own membership, which has ended now. DEPARTS: a direct room cannot be left; who has had enough blocks the other. */
export async function leaveRoom(
  { chat }: VeigoDeps,
  ctx: Context,
  args: { readonly roomId?: Maybe },
): Promise<VeigoMember> {
  const { account } = requirePrincipal(ctx);
  const roomId = parseId<ConversationId>('roomId', args.roomId);
  const own = (await chat.listMembers(ctx, roomId, { limit: 1_000 })).items.find(({ user }) => user === account);
  await chat.removeMember(ctx, roomId, account);
  const updatedAt = new Date().toISOString();
  // In a room of more than a thousand nobody looks when the one who leaves had come.
  return { memberId: account, roomId, createdAt: own?.joinedAt ?? updatedAt, updatedAt };
}

async function describeRooms(
  { profiles }: VeigoDeps,
  ctx: Context,
  views: readonly ConversationView[],
): Promise<readonly VeigoRoom[]> {
  const people = await profiles.read(
    ctx,
    views.flatMap(({ peer }) => peer ?? []),
  );
  return views.map((view) => describeRoom(view, people));
}
