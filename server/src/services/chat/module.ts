import type { AccountId } from '../../kernel/ids.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import { createMemberCache } from './append/member-cache.ts';
import { sendEphemeral, setTyping } from './append/send-ephemeral.ts';
import { addMembers } from './changing/add-members.ts';
import { createConversation } from './changing/create-conversation.ts';
import { deleteConversation } from './changing/delete-conversation.ts';
import { deleteMessage } from './changing/delete-message.ts';
import { editMessage } from './changing/edit-message.ts';
import { putMember } from './changing/put-member.ts';
import { removeMember } from './changing/remove-member.ts';
import { setPinned } from './changing/set-pinned.ts';
import { setReaction } from './changing/set-reaction.ts';
import { updateConversation } from './changing/update-conversation.ts';
import { createConsumers } from './consumer.ts';
import { decide } from './deciding/decide.ts';
import { type ChangeDeps, type ChatDeps, configOf } from './deps.ts';
import { notifyPreferencesOf } from './marks/notify-preferences.ts';
import { createReceiptWriter } from './marks/receipt-writer.ts';
import { listReceipts, putReceipt } from './marks/receipts.ts';
import { setPreferences } from './marks/set-preferences.ts';
import { createAttachment, getAttachment } from './reading/attachments.ts';
import { changes, readBacklogs } from './reading/backlogs.ts';
import { conversationsOf } from './reading/conversations-of.ts';
import { getMessage, history } from './reading/history.ts';
import { getConversation, getConversations, listConversations } from './reading/list-conversations.ts';
import { listMembers, listMembersOf } from './reading/list-members.ts';
import { createPageCache } from './reading/page-cache.ts';
import type { ReadDeps } from './reading/read-deps.ts';
import { readHeads } from './reading/read-heads.ts';
import { createRequireReader } from './reading/readers.ts';
import { repair, viewFor } from './reading/repair.ts';
import { membershipsOf, resumeSummaries } from './reading/resume-summaries.ts';
import { createSearch } from './reading/search.ts';
import {
  collectAttachments,
  forgetAttachments,
  getAttachmentTotals,
  listUnknownAttachments,
} from './storing/collect-attachments.ts';
import { deleteAttachment } from './storing/delete-attachment.ts';
import { getAttachmentUsage, reserveAttachment } from './storing/reserve-attachment.ts';
import type { WholeChatApi } from './trusted-api.ts';

export type { ChatConfig, ChatDeps } from './deps.ts';

/** Conversations, memberships, messages and receipts over one database; see README.md beside this file. */
export function createChat(given: ChatDeps): { readonly api: WholeChatApi; readonly unit: Unit } {
  const deps: ChangeDeps = { decide, ...given };
  const config = configOf(deps);
  const members = createMemberCache(deps.sql, { entries: config.accessEntries, ttlMs: config.accessTtlMs });
  const receipts = createReceiptWriter({ ...deps, windowMs: config.receiptWindowMs });
  const reading: ReadDeps = {
    ...deps,
    requireReader: createRequireReader(deps.sql),
    pages: createPageCache(deps.sql, config.pageCacheBytes),
  };
  const consumers = createConsumers(deps, members);
  /** Nobody sees an unread count that is older than what they themselves have said. */
  const afterOwnReceipts = async <T>(user: AccountId | undefined, read: () => Promise<T>): Promise<T> => {
    if (user) await receipts.flushUser(user);
    return await read();
  };

  const api: WholeChatApi = {
    append: deps.committer.append,
    createConversation: (ctx, request) =>
      afterOwnReceipts(ctx.principal?.account, () => createConversation(deps, ctx, request)),
    listConversations: (ctx, page) =>
      afterOwnReceipts(ctx.principal?.account, () => listConversations(deps, ctx, page)),
    getConversation: (ctx, id) => afterOwnReceipts(ctx.principal?.account, () => getConversation(deps, ctx, id)),
    getConversations: (ctx, ids) => afterOwnReceipts(ctx.principal?.account, () => getConversations(deps, ctx, ids)),
    updateConversation: (ctx, id, change) =>
      afterOwnReceipts(ctx.principal?.account, () => updateConversation(deps, ctx, id, change)),
    deleteConversation: (ctx, id) => deleteConversation(deps, ctx, id),
    setPreferences: (ctx, id, preferences) => setPreferences(deps, ctx, id, preferences),
    listMembers: (ctx, id, page) => listMembers(reading, ctx, id, page),
    listMembersOf: (ctx, requests) => listMembersOf(deps, ctx, requests),
    putMember: (ctx, id, user, role) => putMember(deps, ctx, id, user, role),
    addMembers: (ctx, id, users) => addMembers(deps, ctx, id, users),
    removeMember: (ctx, id, user) => removeMember(deps, ctx, id, user),
    history: (ctx, id, range) => history(reading, ctx, id, range),
    getMessage: (ctx, id, seq) => getMessage(reading, ctx, id, seq),
    changes: (ctx, id, position, limit) => changes(reading, ctx, id, position, limit),
    editMessage: (...args) => editMessage(deps, ...args),
    deleteMessage: (ctx, id, seq) => deleteMessage(deps, ctx, id, seq),
    setReaction: (ctx, id, seq, emoji, on) => setReaction(deps, ctx, id, seq, emoji, on),
    setPinned: (ctx, id, seq, on) => setPinned(deps, ctx, id, seq, on),
    putReceipt: (ctx, id, marks) => putReceipt(deps, receipts, ctx, id, marks),
    listReceipts: (ctx, id) => listReceipts(reading, receipts, ctx, id),
    search: createSearch(deps),
    createAttachment: (ctx, attachment) => createAttachment(deps, ctx, attachment),
    getAttachment: (ctx, id) => getAttachment(deps, ctx, id),
    reserveAttachment: (ctx, upload) => reserveAttachment(deps, ctx, upload),
    deleteAttachment: (ctx, id) => deleteAttachment(deps, ctx, id),
    getAttachmentUsage: (ctx) => getAttachmentUsage(deps, ctx),
    collectAttachments: (ctx) => collectAttachments(deps, ctx),
    forgetAttachments: (ctx, ids) => forgetAttachments(deps, ctx, ids),
    listUnknownAttachments: (_ctx, ids) => listUnknownAttachments(deps, ids),
    getAttachmentTotals: () => getAttachmentTotals(deps),
    sendEphemeral: (ctx, draft) => sendEphemeral(deps, members, ctx, draft),
    setTyping: (ctx, id, on) => setTyping(deps, members, ctx, id, on),
    membershipsOf: (ctx, users) => membershipsOf(deps, ctx, users),
    conversationsOf: (ctx, users) => conversationsOf(deps, ctx, users),
    notifyPreferencesOf: (_ctx, users) => notifyPreferencesOf(deps.sql, users),
    backlogs: (_ctx, requests) => readBacklogs(deps, requests),
    resumeSummaries: (ctx, user, named) => afterOwnReceipts(user, () => resumeSummaries(deps, ctx, user, named)),
    heads: (_ctx, conversations) => readHeads(deps.sql, deps.incarnation(), conversations),
    repair: (ctx, request) => repair(deps, ctx, request),
    viewFor: (ctx, request) => afterOwnReceipts(request.user, () => viewFor(deps, ctx, request)),
  };
  const unit: Unit = {
    async start() {
      await deps.committer.unit.start?.();
      await consumers.start?.();
    },
    async drain() {
      await deps.committer.unit.drain?.();
    },
    async stop() {
      await consumers.stop?.();
      await deps.committer.unit.stop?.();
      await receipts.flushAll();
    },
    ...(deps.committer.unit.failed && { failed: deps.committer.unit.failed }),
    health: () => deps.committer.unit.health?.() ?? { status: 'ok' },
  };
  return { api, unit };
}
