import type { Context } from '../../../kernel/context.ts';
import type { Account, Profile } from '../../../model/account.ts';
import type { Message } from '../../../model/message.ts';
import type { ConversationView } from '../../../services/chat/api.ts';
import { profileOf } from '../../shared/profile-reader.ts';
import { encodeConversation, encodeUser } from '../encode-conversation.ts';
import { encodeMessage } from '../encode-message.ts';
import type { RestDeps } from './rest-app.ts';

export const json = 'application/json; charset=utf-8';

/** `name` of the profile, where there is one already. */
export function describeAccount(account: Account, name = account.name): object {
  const { id, kind, username, email, emailVerified, phone, createdAt } = account;
  return { id, kind, username, email, emailVerified, phone, name, createdAt };
}

/** A JSON array of messages. */
export async function encodeMessages(deps: RestDeps, ctx: Context, messages: readonly Message[]): Promise<string> {
  const profiles = await deps.profiles.read(
    ctx,
    messages.map((message) => message.sender),
  );
  return `[${messages.map((message) => encodeMessage(message, profileOf(profiles, message.sender))).join(',')}]`;
}

export async function encodeOneMessage(deps: RestDeps, ctx: Context, message: Message): Promise<string> {
  const profiles = await deps.profiles.read(ctx, [message.sender]);
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
    deps.profiles.read(ctx, [...peers, ...senders]),
    deps.presence.presenceOf(ctx, peers),
  ]);
  return views.map((view) => encodeConversation(view, profiles, presence));
}

/** Public profiles with presence. */
export async function describeUsers(deps: RestDeps, ctx: Context, profiles: readonly Profile[]): Promise<object[]> {
  const presence = await deps.presence.presenceOf(
    ctx,
    profiles.map((profile) => profile.id),
  );
  return profiles.map((profile) => encodeUser(profile, presence));
}
