import { builder } from './builder.ts';

/** The words of the model in upper case, as GraphQL writes them. */
export const accountKind = builder.enumType('AccountKind', {
  values: { PERSON: { value: 'person' }, BOT: { value: 'bot' } } as const,
});

export const conversationKind = builder.enumType('ConversationKind', {
  values: { DIRECT: { value: 'direct' }, GROUP: { value: 'group' }, CHANNEL: { value: 'channel' } } as const,
});

export const visibility = builder.enumType('Visibility', {
  values: { PRIVATE: { value: 'private' }, PUBLIC: { value: 'public' } } as const,
});

export const historyRule = builder.enumType('HistoryRule', {
  description: 'Where a new member reads from.',
  values: { ALL: { value: 'all' }, SINCE_JOIN: { value: 'since-join' } } as const,
});

export const role = builder.enumType('Role', {
  values: {
    OWNER: { value: 'owner' },
    ADMIN: { value: 'admin' },
    MEMBER: { value: 'member' },
    READER: { value: 'reader' },
  } as const,
});

export const notifyRule = builder.enumType('NotifyRule', {
  values: { ALL: { value: 'all' }, MENTIONS: { value: 'mentions' }, NONE: { value: 'none' } } as const,
});

export const notificationReason = builder.enumType('NotificationReason', {
  description: 'The first of these that holds.',
  values: {
    MENTION: { value: 'mention', description: 'I am mentioned.' },
    DIRECT: { value: 'direct', description: 'It is said to me alone.' },
    MESSAGE: { value: 'message', description: 'It is said in a conversation of which I want to know all.' },
  } as const,
});

export const presenceState = builder.enumType('PresenceState', {
  values: { ONLINE: { value: 'online' }, OFFLINE: { value: 'offline' } } as const,
});

export const continuity = builder.enumType('Continuity', {
  description: 'Whether everything after a position was given.',
  values: {
    KEPT: { value: 'kept', description: 'Everything.' },
    MORE: { value: 'more', description: 'Go on from the position given.' },
    LOST: { value: 'lost', description: 'The position means nothing any more: fetch anew.' },
  } as const,
});

export const contentType = builder.enumType('ContentType', {
  values: {
    TEXT: { value: 'text' },
    IMAGE: { value: 'image' },
    VIDEO: { value: 'video' },
    AUDIO: { value: 'audio' },
    FILE: { value: 'file' },
    LOCATION: { value: 'location' },
    FORM: { value: 'form' },
    JSON: { value: 'json' },
    SYSTEM: { value: 'system' },
  } as const,
});

export const attachmentContentType = builder.enumType('AttachmentContentType', {
  values: {
    IMAGE: { value: 'image' },
    VIDEO: { value: 'video' },
    AUDIO: { value: 'audio' },
    FILE: { value: 'file' },
  } as const,
});

export const health = builder.enumType('Health', {
  values: { OK: { value: 'ok' }, DEGRADED: { value: 'degraded' }, DOWN: { value: 'down' } } as const,
});
