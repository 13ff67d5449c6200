import { path } from './http.ts';
import type { Session } from './session.ts';
import type {
  Attachment,
  Changes,
  Conversation,
  HistoryPage,
  Member,
  NewConversation,
  OwnAccount,
  OwnProfileChange,
  Page,
  Position,
  Receipt,
  Role,
  SearchHit,
  SendableContent,
  SessionInfo,
  StoredMessage,
  User,
} from './types.ts';

export interface PageRequest {
  /** 1–200; 50 when not given. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** The REST surface (docs/protocol/rest.md), one function per route. All throw ParleyError. */
export type Api = ReturnType<typeof createApi>;

export function createApi({ call }: Pick<Session, 'call'>) {
  const at = (conversation: string, ...rest: (string | number)[]) => path('conversations', conversation, ...rest);
  return {
    getMe: () => call<OwnAccount>('GET', '/me'),
    updateMe: (change: OwnProfileChange) => call<OwnAccount>('PATCH', '/me', { body: change }),
    changePassword: (oldPassword: string, newPassword: string) =>
      call<void>('POST', '/me/password', { body: { oldPassword, newPassword } }),
    deleteMe: (password: string) => call<void>('DELETE', '/me', { body: { password } }),
    listSessions: () => call<Page<SessionInfo>>('GET', '/sessions'),
    revokeSession: (id: string) => call<void>('DELETE', path('sessions', id)),

    searchUsers: (query: string, page: PageRequest = {}) =>
      call<Page<User>>('GET', '/users', { query: { query, ...page } }),
    /** As they are now, up to 100. */
    getUsers: (ids: readonly string[]) => call<Page<User>>('GET', '/users', { query: { ids: ids.join() } }),
    /** By id, or `@username`. */
    getUser: (id: string) => call<User>('GET', path('users', id)),
    setContact: (id: string, on: boolean) => call<void>(on ? 'PUT' : 'DELETE', path('me', 'contacts', id)),
    setBlock: (id: string, on: boolean) => call<void>(on ? 'PUT' : 'DELETE', path('me', 'blocks', id)),

    createConversation: (request: NewConversation) => call<Conversation>('POST', '/conversations', { body: request }),
    listConversations: (page: PageRequest = {}) =>
      call<Page<Conversation>>('GET', '/conversations', { query: { ...page } }),
    getConversation: (id: string) => call<Conversation>('GET', at(id)),
    updateConversation: (
      id: string,
      change: {
        name?: string;
        topic?: string | null;
        avatar?: string | null;
        visibility?: 'private' | 'public';
        history?: 'all' | 'since-join';
      },
    ) => call<Conversation>('PATCH', at(id), { body: change }),
    deleteConversation: (id: string) => call<void>('DELETE', at(id)),
    setPreferences: (
      id: string,
      preferences: {
        mutedUntil?: string | null;
        archived?: boolean;
        pinned?: boolean;
        notify?: 'all' | 'mentions' | 'none';
      },
    ) => call<void>('PUT', at(id, 'preferences'), { body: preferences }),

    listMembers: (id: string, page: PageRequest = {}) =>
      call<Page<Member>>('GET', at(id, 'members'), { query: { ...page } }),
    putMember: (id: string, user: string, role: Role) =>
      call<Member>('PUT', at(id, 'members', user), { body: { role } }),
    /** Removing oneself is leaving. */
    removeMember: (id: string, user: string) => call<void>('DELETE', at(id, 'members', user)),

    /** One of before, after and around (seqs), or none for the newest; at most 200. */
    getHistory: (
      id: string,
      range: { before?: number; after?: number; around?: number; thread?: number; limit?: number } = {},
    ) => call<HistoryPage>('GET', at(id, 'messages'), { query: range }),
    getChanges: (id: string, position: Position, limit?: number) =>
      call<Changes>('GET', at(id, 'changes'), { query: { ...position, limit } }),
    /** Without `mentions` whom it names stays. */
    editMessage: (id: string, seq: number, content: SendableContent, mentions?: readonly string[]) =>
      call<StoredMessage>('PATCH', at(id, 'messages', seq), { body: { content, ...(mentions ? { mentions } : {}) } }),
    deleteMessage: (id: string, seq: number) => call<void>('DELETE', at(id, 'messages', seq)),
    setReaction: (id: string, seq: number, emoji: string, on: boolean) =>
      call<void>(on ? 'PUT' : 'DELETE', at(id, 'messages', seq, 'reactions', emoji)),
    setPinned: (id: string, seq: number, on: boolean) =>
      call<void>(on ? 'PUT' : 'DELETE', at(id, 'messages', seq, 'pin')),
    putReceipt: (id: string, marks: { delivered?: number; read?: number }) =>
      call<void>('PUT', at(id, 'receipts'), { body: marks }),
    listReceipts: (id: string) => call<Page<Receipt>>('GET', at(id, 'receipts')),
    search: (query: string, options: PageRequest & { conversation?: string; from?: string; before?: string } = {}) =>
      call<Page<SearchHit>>('GET', '/search', { query: { q: query, ...options } }),

    uploadAttachment(file: Blob, name: string, signal?: AbortSignal): Promise<Attachment> {
      const body = new FormData();
      body.append('file', file, name);
      return call<Attachment>('POST', '/attachments', signal ? { body, signal } : { body });
    },
  };
}
