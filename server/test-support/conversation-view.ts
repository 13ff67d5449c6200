import type { ConversationView } from '../src/services/chat/api.ts';

/** A direct conversation of two, as its owner sees it who has read nothing. */
export function createConversationView(
  given: Pick<ConversationView, 'id' | 'createdAt' | 'lastMessage' | 'peer'> & Partial<ConversationView>,
): ConversationView {
  return {
    kind: 'direct',
    name: null,
    topic: null,
    avatar: null,
    visibility: 'private',
    history: 'all',
    epoch: 'e',
    lastSeq: 1,
    lastRev: 1,
    updatedAt: given.createdAt,
    role: 'owner',
    unread: 0,
    mentions: 0,
    delivered: 0,
    read: 0,
    mutedUntil: null,
    archived: false,
    pinned: false,
    notify: 'all',
    preferencesVersion: 0,
    memberCount: 2,
    ...given,
  };
}
