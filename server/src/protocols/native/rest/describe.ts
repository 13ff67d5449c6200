import type { Context } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Account, Profile } from '../../../model/account.ts';
import type { Message } from '../../../model/message.ts';
import type { ConversationView } from '../../../services/chat/api.ts';
import type { PeopleApi } from '../../../services/people/api.ts';
import { encodeConversation, encodeUser, profileOf } from '../encode-conversation.ts';
import { encodeMessage } from '../encode-message.ts';
import type { RestDeps } from './rest-app.ts';

export const json = 'application/json; charset=utf-8';

/** `name` of the profile, where there is one already. */
export function describeAccount(account: Account, name = account.name): object {
  const { id, kind, username, email, emailVerified, createdAt } = account;
  return { id, kind, username, email, emailVerified, name, createdAt };
}

/** One call for all; who has no profile yet is left out. */
export async function getProfiles(
  people: PeopleApi,
  ctx: Context,
  ids: Iterable<AccountId>,
): Promise<ReadonlyMap<AccountId, Profile>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  return new Map((await people.getProfiles(ctx, wanted)).map((profile) => [profile.id, profile]));
}

/** A JSON array of messages. */
export async function encodeMessages(deps: RestDeps, ctx: Context, messages: readonly Message[]): Promise<string> {
  const profiles = await getProfiles(
    deps.people,
    ctx,
    messages.map((message) => message.sender),
  );
  return `[${messages.map((message) => encodeMessage(message, profileOf(profiles, message.sender))).join(',')}]`;
}

export async function encodeOneMessage(deps: RestDeps, ctx: Context, message: Message): Promise<string> {
  const profiles = await getProfiles(deps.people, ctx, [message.sender]);
  return encodeMessage(message, profileOf(profiles, message.sender));
}

/** The texts of conversations, in order. */
export async function encodeConversations(
  deps: RestDeps,
  ctx: Context,
  views: readonly ConversationView[],
): Promise<string[]> {
  const peers = views.flatMap((view) => view.peer ?? []);
  const senders = views.flatMap((view) => view.lastMessage?.sender ?? []);
  const [profiles, presence] = await Promise.all([
    getProfiles(deps.people, ctx, [...peers, ...senders]),
    deps.presence.presenceOf(peers),
  ]);
  return views.map((view) => encodeConversation(view, profiles, presence));
}

/** Public profiles with presence. */
export async function describeUsers(deps: RestDeps, profiles: readonly Profile[]): Promise<object[]> {
  const presence = await deps.presence.presenceOf(profiles.map((profile) => profile.id));
  return profiles.map((profile) => encodeUser(profile, presence));
}
