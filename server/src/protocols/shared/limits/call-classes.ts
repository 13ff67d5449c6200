import type { Context } from '../../../kernel/context.ts';
import type { ChatApi, SendMessages } from '../../../services/chat/api.ts';
import type { IdentityApi } from '../../../services/identity/api.ts';
import type { PeopleApi } from '../../../services/people/api.ts';
import type { SocketHalf } from '../halves.ts';
import type { CallClass } from './rates.ts';

/** `uncounted`: done for every request before it is known who asks. */
export type Counted = CallClass | 'uncounted';

/** A class for every method: a new one does not compile without. */
export type CallClasses<Api> = Readonly<Record<keyof Api, Counted>>;

export const identityClasses: CallClasses<IdentityApi> = {
  signUp: 'signIns',
  signIn: 'signIns',
  requestRecovery: 'signIns',
  requestVerification: 'signIns',
  resetPassword: 'signIns',
  verifyEmail: 'signIns',
  checkCode: 'signIns',
  changePassword: 'signIns',
  deleteAccount: 'signIns',
  refresh: 'refreshes',
  createAccounts: 'creating',
  setSuspended: 'changing',
  revokeSession: 'changing',
  createCookie: 'changing',
  listSessions: 'reading',
  getAccounts: 'reading',
  resolveUsernames: 'reading',
  jwks: 'reading',
  // Of every request and socket, and without a database: what they are let in for is counted.
  verifyAccess: 'uncounted',
  resolveCookie: 'uncounted',
};

export const peopleClasses: CallClasses<PeopleApi> = {
  updateOwn: 'profiles',
  setContact: 'changing',
  setBlock: 'changing',
  search: 'searching',
  getProfiles: 'reading',
  resolveUsernames: 'reading',
  getOwn: 'reading',
  listContacts: 'reading',
  listBlocks: 'reading',
  blocksAgainst: 'uncounted',
};

export const chatClasses: CallClasses<ChatApi & SendMessages> = {
  // Per draft, of its sender: see limit-append.
  append: 'sends',
  sendEphemeral: 'sends',
  putReceipt: 'frames',
  setTyping: 'frames',
  createConversation: 'creating',
  // Before its bytes; what comes after them is of the same upload.
  reserveAttachment: 'uploading',
  createAttachment: 'uncounted',
  deleteAttachment: 'changing',
  updateConversation: 'changing',
  deleteConversation: 'changing',
  setPreferences: 'changing',
  putMember: 'changing',
  addMembers: 'changing',
  removeMember: 'changing',
  editMessage: 'changing',
  deleteMessage: 'changing',
  setReaction: 'changing',
  setPinned: 'changing',
  search: 'searching',
  listConversations: 'reading',
  getConversation: 'reading',
  getConversations: 'reading',
  listMembers: 'reading',
  listMembersOf: 'reading',
  history: 'reading',
  getMessage: 'reading',
  changes: 'reading',
  listReceipts: 'reading',
  getAttachment: 'reading',
  getAttachmentUsage: 'reading',
  // Of an upload or deletion that was counted when it began.
  forgetAttachments: 'uncounted',
};

/** What of a half somebody calls: with their context. The rest the program asks for by itself. */
export type SocketCalls = {
  [K in keyof SocketHalf as SocketHalf[K] extends (ctx: Context, ...args: never[]) => Promise<unknown>
    ? K
    : never]: SocketHalf[K];
};

export const socketClasses: CallClasses<SocketCalls> = {
  ownMemberships: 'reading',
};
