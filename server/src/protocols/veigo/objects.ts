import type { AccountId } from '../../kernel/ids.ts';
import type { Account, Profile } from '../../model/account.ts';
import type { Membership } from '../../model/conversation.ts';
import type { Message } from '../../model/message.ts';
import type { ConversationView } from '../../services/chat/api.ts';
import type { Tokens } from '../../services/identity/api.ts';
import { createMessageId } from './message-id.ts';
import { showContent } from './show-content.ts';

/** The nouns of Veigo, in its words. Times are ISO 8601, UTC. */
export interface VeigoAccount {
  readonly id: string;
  readonly email: string | null;
  readonly isEmailVerified: boolean;
  readonly phone: string | null;
  readonly isPhoneVerified: false;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface VeigoTokens {
  readonly access: string;
  readonly refresh: string;
}

export interface VeigoProfile {
  readonly id: string;
  readonly photoPath: string | null;
  readonly name: string;
  readonly about: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface VeigoRoom {
  readonly id: string;
  readonly photoPath: string | null;
  readonly name: string | null;
  readonly description: string | null;
  readonly type: 'direct' | 'group';
  readonly privacy: 'private' | 'public';
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface VeigoMember {
  readonly memberId: string;
  readonly roomId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface VeigoMessage {
  readonly id: string;
  readonly roomId: string;
  readonly senderId: string;
  readonly content: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface VeigoPage<T> {
  readonly records: readonly T[];
  /** `cursor` asks for the next page; null on the last. */
  readonly metadata: { readonly cursor: string | null; readonly hasMore: boolean };
}

/** What a profile without one reads. */
export const defaultAbout = "Hello there i'm using Veigo Chat";

export function describeAccount(account: Account): VeigoAccount {
  return {
    id: account.id,
    email: account.email,
    isEmailVerified: account.emailVerified,
    phone: account.phone,
    isPhoneVerified: false,
    createdAt: account.createdAt,
    updatedAt: account.createdAt,
  };
}

/** DEPARTS: signed and not encrypted, for minutes and not an hour; clients hand them on as they are. */
export const describeTokens = ({ access, refresh }: Tokens): VeigoTokens => ({ access, refresh });

/** A profile is as old as its account; when it last changed is not kept. */
export function describeProfile({ id, avatar, name, about }: Profile): VeigoProfile {
  const createdAt = createdAtOf(id);
  return { id, photoPath: avatar, name, about: about ?? defaultAbout, createdAt, updatedAt: createdAt };
}

/** A direct conversation goes by the name of the other one. */
export function describeRoom(view: ConversationView, people: ReadonlyMap<AccountId, Profile>): VeigoRoom {
  return {
    id: view.id,
    photoPath: view.avatar,
    name: view.name ?? (view.peer && people.get(view.peer)?.name) ?? null,
    description: view.topic,
    type: view.kind === 'direct' ? 'direct' : 'group',
    privacy: view.visibility,
    createdAt: view.createdAt,
    updatedAt: view.updatedAt,
  };
}

export function describeMember({ user, conversation, joinedAt }: Membership): VeigoMember {
  return { memberId: user, roomId: conversation, createdAt: joinedAt, updatedAt: joinedAt };
}

/** Of a message that is stored. */
export function describeMessage(message: Message): VeigoMessage {
  return {
    id: createMessageId(message.conversation, message.seq as number),
    roomId: message.conversation,
    senderId: message.sender,
    content: message.content === null ? '' : showContent(message.content),
    createdAt: message.createdAt,
    updatedAt: message.deletedAt ?? message.editedAt ?? message.createdAt,
  };
}

/** A UUIDv7 begins with its time of creation. */
function createdAtOf(id: AccountId): string {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toISOString();
}
