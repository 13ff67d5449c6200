import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import type { AccountId, ConversationId, MessageId } from '../../../kernel/ids.ts';
import type { Draft } from '../../../model/message.ts';
import { topics } from '../../../ports/bus.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
beforeEach(() => void t.routed.splice(0));
afterAll(() => t.close());

const draft = (conversation: ConversationId, sender: AccountId): Draft => ({
  id: 'e1' as MessageId,
  conversation,
  sender,
  session: null,
  admin: false,
  content: '{"type":"json","value":1}',
  hash: '',
  attachment: null,
  replyTo: null,
  thread: null,
  mentions: [],
});

describe('what is never stored', () => {
  test('goes to the router and nowhere else', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [b]);
    const { createdAt } = await t.chat.sendEphemeral(t.as(b), draft(id, b));
    await t.chat.setTyping(t.as(b), id, true);
    expect(t.routed).toMatchObject([
      {
        kind: 'ephemeral',
        conversation: id,
        message: { seq: null, rev: null, sender: b, createdAt, content: draft(id, b).content },
      },
      { kind: 'typing', conversation: id, user: b, on: true },
    ]);
    expect((await t.chat.getConversation(t.as(a), id)).lastRev).toBe(1);
  });

  test('needs the right to send, and one’s own name', async () => {
    const [a, b, c] = [t.account(), t.account(), t.account()];
    const { conversation } = await t.chat.createConversation(t.as(a), { kind: 'channel', members: [b] });
    expect(await codeOf(t.chat.sendEphemeral(t.as(a), draft(conversation.id, b)))).toBe('actor.mismatch');
    expect(await codeOf(t.chat.sendEphemeral(t.as(b), draft(conversation.id, b)))).toBe('action.forbidden');
    expect(await codeOf(t.chat.sendEphemeral(t.as(c), draft(conversation.id, c)))).toBe('conversation.forbidden');
    expect(t.routed).toEqual([]);
  });

  test('membership is remembered, until a change says otherwise', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [b]);
    await t.chat.setTyping(t.as(b), id, true);
    await t.chat.removeMember(t.as(a), id, b);
    await t.publish(topics.chat, 'memberships', [{ op: 'u', after: { conversation_id: id, user_id: b } }]);
    expect(await codeOf(t.chat.setTyping(t.as(b), id, true))).toBe('conversation.forbidden');
  });

  test('nobody types in a conversation of more than a thousand', async () => {
    const owner = t.account();
    const id = await t.group(
      owner,
      Array.from({ length: 1_000 }, () => t.account()),
    );
    await t.chat.setTyping(t.as(owner), id, true);
    expect(t.routed).toEqual([]);
  });
});
