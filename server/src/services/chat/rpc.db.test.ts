import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openChat, type TestChat } from '../../../test-support/open-chat.ts';
import { expectAlike, openTransports, type Transports } from '../../../test-support/open-transports.ts';
import { systemContext } from '../../kernel/context.ts';
import { type AttachmentId, type ConversationId, createId, type MessageId } from '../../kernel/ids.ts';
import { parseContent } from '../../model/content.ts';
import type { Draft } from '../../model/message.ts';
import type { AppendResult } from './api.ts';
import { chatRpc } from './rpc.ts';
import type { WholeChatApi } from './trusted-api.ts';

let chat: TestChat;
let transports: Transports<WholeChatApi>;
const trusted = systemContext('test', 60_000);

beforeAll(async () => {
  chat = await openChat();
  transports = await openTransports(chatRpc, chat.chat);
});
afterAll(async () => {
  await transports.close();
  await chat.close();
});

/** Escapes, spaces and the order of members are the sender's: nobody writes them anew. */
const raw = '{ "text" : "\\u0041 👍🏽", "type":"text" }';

function draftOf(sender: Draft['sender'], conversation: ConversationId, more: Partial<Draft> = {}): Draft {
  const { hash } = parseContent(raw, JSON.parse(raw));
  const nothing = { session: null, admin: false, attachment: null, replyTo: null, thread: null, mentions: [] };
  return { id: createId<MessageId>(), conversation, sender, content: raw, hash, ...nothing, ...more };
}

test('every method of the running service is carried', () => {
  expect(Object.keys(chatRpc.methods).sort()).toEqual(Object.keys(chat.chat).sort());
});

describe.each(['local', 'grpc'] as const)('chat, %s', (transport) => {
  test('appends, with each result as it becomes known and all of them at the end', async () => {
    const api = transports[transport];
    const [ann, ben] = [chat.account(), chat.account()];
    const group = await chat.group(ann, [ben]);
    const first = draftOf(ann, group, { mentions: [ben] });
    const drafts = [first, draftOf(ann, createId()), { ...first, replyTo: 1 }, draftOf(ann, group, { thread: 1 })];
    const heard: [number, AppendResult][] = [];
    const results = await api.append(chat.as(ann), drafts, (...result) => heard.push(result));
    expect(results).toMatchObject([
      { seq: 1, repeated: false },
      { code: 'conversation.forbidden' },
      { seq: 1, repeated: true, first: { replyTo: null, thread: null, mentions: [ben] } },
      { seq: 2, repeated: false },
    ]);
    expect(results[0]).not.toHaveProperty('first');
    expect(heard.sort(([a], [b]) => a - b)).toEqual(results.map((result, index) => [index, result]));
    // Nobody needs to listen.
    expect(await api.append(chat.as(ann), [first])).toMatchObject([{ seq: 1, repeated: true }]);

    const { items, lastSeq } = await api.history(chat.as(ben), group, { limit: 10 });
    expect(lastSeq).toBe(2);
    expect(items.map(({ content, thread }) => [content, thread])).toEqual([
      [raw, null],
      [raw, 1],
    ]);
  });

  test('a change keeps what it leaves out and takes away what it sets to null', async () => {
    const api = transports[transport];
    const ann = chat.account();
    const { conversation, created } = await api.createConversation(chat.as(ann), {
      kind: 'group',
      name: 'One',
      topic: 'this',
      avatar: 'https://x.org/a.png',
      members: [],
      history: 'since-join',
    });
    expect(created).toBe(true);
    expect(conversation).toMatchObject({ role: 'owner', lastMessage: null, peer: null, mutedUntil: null });
    const { id } = conversation;
    expect(await api.updateConversation(chat.as(ann), id, { name: 'Two' })).toMatchObject({
      name: 'Two',
      topic: 'this',
      avatar: 'https://x.org/a.png',
      history: 'since-join',
    });
    expect(await api.updateConversation(chat.as(ann), id, { topic: null })).toMatchObject({
      topic: null,
      avatar: 'https://x.org/a.png',
    });
    expect((await api.updateConversation(chat.as(ann), id, { avatar: null })).avatar).toBeNull();
    const until = '2100-01-01T00:00:00.000Z';
    await api.setPreferences(chat.as(ann), id, { mutedUntil: until, notify: 'mentions' });
    await api.setPreferences(chat.as(ann), id, { archived: true });
    expect(await api.getConversation(chat.as(ann), id)).toMatchObject({ mutedUntil: until, archived: true });
    const hidden = await chat.group(chat.account(), []);
    const both = await api.getConversations(chat.as(ann), [hidden, id, createId()]);
    expect(both).toEqual([await api.getConversation(chat.as(ann), id)]);
    await api.setPreferences(chat.as(ann), id, { mutedUntil: null });
    expect(await api.getConversation(chat.as(ann), id)).toMatchObject({ mutedUntil: null, notify: 'mentions' });
  });

  test('reads the same for a hub, in batches', async () => {
    const api = transports[transport];
    const [ann, ben] = [chat.account(), chat.account()];
    const group = await chat.group(ann, [ben]);
    await chat.send(ann, group, 'one');
    await api.putReceipt(chat.as(ben), group, { delivered: 1 });
    await api.setReaction(chat.as(ben), group, 1, '👍🏽', true);
    const [head] = await api.heads(trusted, [group]);
    if (!head) throw new Error('no head');
    const unread = await api.resumeSummaries(trusted, ben, [createId()]);
    expect(unread).toEqual([{ ...head, unread: 1, left: false }]);
    const position = { epoch: head.epoch, seq: 0 };
    const requests = [
      { conversation: group, user: ben, position },
      { conversation: group, user: chat.account(), position },
    ];
    expect(await api.backlogs(trusted, requests)).toEqual(await chat.chat.backlogs(trusted, requests));
    expect(await api.membershipsOf(trusted, [ann, ben])).toEqual(await chat.chat.membershipsOf(trusted, [ann, ben]));
    expect(await api.conversationsOf(trusted, [ann])).toEqual(await chat.chat.conversationsOf(trusted, [ann]));
    await api.setPreferences(chat.as(ann), group, { archived: true, pinned: true });
    const muted = { mutedUntil: '2999-01-01T00:00:00Z', notify: 'mentions' } as const;
    await api.setPreferences(chat.as(ben), group, muted);
    expect(await api.notifyPreferencesOf(trusted, [ann, ben])).toEqual([
      { user: ben, conversation: group, notify: 'mentions', mutedUntil: '2999-01-01T00:00:00.000Z' },
    ]);
    const hole = { conversation: group, rev: 0, minRev: head.lastRev, limit: 100 };
    expect(await api.repair(trusted, hole)).toEqual(await chat.chat.repair(trusted, hole));
    const asked = { conversation: group, minRev: 0 };
    expect(await api.viewFor(trusted, { ...asked, user: ben })).toMatchObject({ id: group, delivered: 1, read: 0 });
    expect(await api.viewFor(trusted, { ...asked, user: chat.account() })).toBeNull();
  });

  test('hands what is never stored to the router', async () => {
    const api = transports[transport];
    const ann = chat.account();
    const group = await chat.group(ann, []);
    const draft = draftOf(ann, group);
    const { createdAt } = await api.sendEphemeral(chat.as(ann), draft);
    expect(chat.routed.at(-1)).toMatchObject({
      kind: 'ephemeral',
      message: { id: draft.id, content: raw, seq: null, rev: null, createdAt },
    });
  });
});

test.each<[string, (api: WholeChatApi) => Promise<unknown>]>([
  ['no principal', (api) => api.listConversations(trusted, { limit: 1 })],
  ['a page of nothing', (api) => api.listConversations(chat.as(chat.account()), { limit: 0 })],
  ['a place that is none', (api) => api.listConversations(chat.as(chat.account()), { limit: 1, after: 'x' })],
  ['an unknown conversation', (api) => api.getConversation(chat.as(chat.account()), createId())],
  ['an unknown attachment', (api) => api.getAttachment(chat.as(chat.account()), createId<AttachmentId>())],
  ['content that is no JSON', (api) => api.editMessage(chat.as(chat.account()), createId(), 1, '{')],
  ['a message that is none', (api) => api.getMessage(chat.as(chat.account()), createId(), -1)],
])('%s fails alike in process and over gRPC', async (_, call) => {
  await expectAlike(transports, call);
});
