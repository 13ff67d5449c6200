import type { Conversation, Presence } from '@parley/client';
import { createSelector } from '@reduxjs/toolkit';
import { text } from '../text.ts';
import type { ConversationEntity } from './entities/conversations.ts';
import type { RootState } from './store.ts';

export const selectAccount = (state: RootState) => state.entities.account.account;
export const selectMe = (state: RootState) => state.entities.account.account?.id ?? '';
export const selectConversation = (state: RootState, id: string): ConversationEntity | undefined =>
  state.entities.conversations.byId[id];

const noMembers: readonly never[] = [];
export const selectMembers = (state: RootState, id: string) => state.entities.people.members[id] ?? noMembers;

/** Newest first; pinned ones before all. */
export const selectConversationList = createSelector(
  (state: RootState) => state.entities.conversations.byId,
  (byId) =>
    Object.values(byId).sort((a, b) => {
      if (a.summary.pinned !== b.summary.pinned) return a.summary.pinned ? -1 : 1;
      return activityOf(b.summary).localeCompare(activityOf(a.summary));
    }),
);

export const selectUnreadTotal = createSelector(selectConversationList, (list) =>
  list.reduce((sum, { summary }) => sum + summary.unread, 0),
);

export function activityOf(summary: Conversation): string {
  return summary.lastMessage?.createdAt ?? summary.createdAt;
}

export function titleOf(summary: Conversation): string {
  if (summary.kind === 'direct' && summary.peer) return nameOf(summary.peer);
  return summary.name ?? text.conversations.unnamed;
}

/** A profile follows its account a moment later, and a deleted one has no name. */
export function nameOf(user: { readonly name: string; readonly username: string } | undefined): string {
  return user?.name || user?.username || text.conversations.deletedPerson;
}

/** A direct conversation whose other one has deleted their account is only read. */
export function isOver(summary: Conversation): boolean {
  return summary.kind === 'direct' && summary.peer?.deleted === true;
}

/** Live presence, else what came with the profile. */
export function selectPresence(state: RootState, user: { id: string; presence?: Presence } | null): Presence | null {
  if (!user) return null;
  return state.entities.people.presence[user.id] ?? user.presence ?? null;
}

/** The name of somebody in a conversation, from its members or from what they wrote. */
export function findName(
  entity: ConversationEntity,
  members: RootState['entities']['people']['members'][string],
  id: string,
) {
  const member = members.find(({ user }) => user.id === id);
  if (member) return nameOf(member.user);
  if (entity.summary.peer?.id === id) return nameOf(entity.summary.peer);
  return nameOf(entity.log.messages.find(({ sender }) => sender.id === id)?.sender);
}
