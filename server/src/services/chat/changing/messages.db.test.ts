import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { type AccountId, type AttachmentId, createId, type MessageId } from '../../../kernel/ids.ts';
import { topics } from '../../../ports/bus.ts';
import { pageSql } from '../reading/page-cache.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

const text = (words: string) => JSON.stringify({ type: 'text', text: words });

describe('editing and deleting', () => {
  test('the sender edits; the rev moves, what was sent is still a repeat', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [b]);
    const draft = { id: createId<MessageId>() };
    const first = await t.send(a, id, 'helo', draft);
    const edited = await t.chat.editMessage(t.as(a), id, 1, text('hello'));
    expect(edited).toMatchObject({ seq: 1, rev: 3, content: text('hello'), createdAt: first.createdAt });
    expect(edited.editedAt).not.toBeNull();
    expect((await t.chat.editMessage(t.as(a), id, 1, text('hello'))).rev).toBe(3);
    expect(await t.send(a, id, 'helo', draft)).toMatchObject({ ...first, repeated: true });
    expect(await codeOf(t.chat.editMessage(t.as(b), id, 1, text('mine')))).toBe('action.forbidden');
    expect(await codeOf(t.chat.editMessage(t.as(a), id, 2, text('x')))).toBe('message.unknown');
    expect(await codeOf(t.chat.editMessage(t.as(a), id, 1, 'not json'))).toBe('request.invalid');
    expect(await codeOf(t.chat.editMessage(t.as(a), id, 1, '{"type":"system"}'))).toBe('request.invalid');
    const [row] = await t.sql.query<{ mod: string }>('select mod from chat.messages where conversation_id = $1', [id]);
    expect(JSON.parse(row?.mod ?? '')).toEqual({ kind: 'edited' });
  });

  test('mentions follow the edit, both ways, and are counted; without them whom it names stays', async () => {
    const [a, b, c] = [t.account(), t.account(), t.account()];
    const id = await t.group(a, [b, c]);
    await t.send(a, id, 'x @b', { mentions: [b] });
    const mentions = async (user: AccountId) => (await t.chat.getConversation(t.as(user), id)).mentions;
    expect((await t.chat.editMessage(t.as(a), id, 1, text('y @b'))).mentions).toEqual([b]);
    expect((await t.chat.editMessage(t.as(a), id, 1, text('no mention'), [])).mentions).toEqual([]);
    expect(await mentions(b)).toBe(0);
    // The text alone stays: whom it names is a change too.
    const { rev } = await t.chat.editMessage(t.as(a), id, 1, text('no mention'), [b, c]);
    expect((await t.chat.editMessage(t.as(a), id, 1, text('no mention'), [b, c])).rev).toBe(rev);
    expect([await mentions(b), await mentions(c)]).toEqual([1, 1]);
    const { items } = await t.chat.history(t.as(b), id, { limit: 10 });
    expect(items[0]).toMatchObject({ rev, mentions: [b, c] });
  });

  test('a tombstone keeps its seq and nothing else', async () => {
    const [a, b, admin] = [t.account(), t.account(), t.account()];
    const id = await t.group(a, [b]);
    await t.chat.putMember(t.as(a), id, admin, 'admin');
    await t.send(a, id, 'secret');
    await t.send(b, id, 'other');
    await t.chat.setReaction(t.as(b), id, 1, '👍', true);
    expect(await codeOf(t.chat.deleteMessage(t.as(b), id, 1))).toBe('action.forbidden');
    await t.chat.deleteMessage(t.as(a), id, 1);
    const { lastRev } = await t.chat.getConversation(t.as(a), id);
    await t.chat.deleteMessage(t.as(a), id, 1);
    await t.chat.deleteMessage(t.as(admin), id, 2);
    expect((await t.chat.getConversation(t.as(a), id)).lastRev).toBe(lastRev + 1);
    const { items } = await t.chat.history(t.as(b), id, { limit: 10 });
    expect(items).toMatchObject([
      { seq: 1, content: null, reactions: '{}' },
      { seq: 2, content: null },
    ]);
    expect(items[0]?.deletedAt).not.toBeNull();
    for (const change of [
      () => t.chat.editMessage(t.as(a), id, 1, text('x')),
      () => t.chat.setReaction(t.as(a), id, 1, '👍', true),
      () => t.chat.setPinned(t.as(a), id, 1, true),
    ]) {
      expect(await codeOf(change())).toBe('message.unknown');
    }
  });

  test('in a blocked direct conversation nothing is added and one’s own can be taken away', async () => {
    const [a, b] = [t.account(), t.account()];
    const { conversation } = await t.chat.createConversation(t.as(a), { kind: 'direct', members: [b] });
    await t.send(a, conversation.id, 'x');
    await t.publish(topics.people, 'blocks', [{ after: { owner_id: b, blocked_id: a, active: true } }]);
    expect(await codeOf(t.chat.editMessage(t.as(a), conversation.id, 1, text('y')))).toBe('action.forbidden');
    expect(await codeOf(t.chat.setReaction(t.as(a), conversation.id, 1, '👍', true))).toBe('action.forbidden');
    expect(await codeOf(t.chat.setTyping(t.as(a), conversation.id, true))).toBe('action.forbidden');
    expect(await codeOf(t.send(a, conversation.id, 'z'))).toMatch(/forbidden/);
    expect(await codeOf(t.chat.deleteMessage(t.as(a), conversation.id, 1))).toBe('none');
  });

  test('reactions and pins: what is already so takes no rev', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [b]);
    await t.send(a, id, 'x');
    const rev = async () => (await t.chat.getMessage(t.as(a), id, 1)).rev;
    await t.chat.setReaction(t.as(b), id, 1, '👍', true);
    await t.chat.setReaction(t.as(b), id, 1, '👍', true);
    expect(await rev()).toBe(3);
    expect((await t.chat.getMessage(t.as(a), id, 1)).reactions).toBe(JSON.stringify({ '👍': [b] }));
    await t.chat.setReaction(t.as(a), id, 1, '👎', false);
    await t.chat.setReaction(t.as(b), id, 1, '👍', false);
    expect(await rev()).toBe(4);
    expect(await codeOf(t.chat.setPinned(t.as(b), id, 1, true))).toBe('action.forbidden');
    await t.chat.setPinned(t.as(a), id, 1, true);
    await t.chat.setPinned(t.as(a), id, 1, true);
    expect(await t.chat.getMessage(t.as(a), id, 1)).toMatchObject({ pinned: true, rev: 5 });
    expect(await codeOf(t.chat.setReaction(t.as(b), id, 1, '\u0000', true))).toBe('request.invalid');
  });

  test('changes at once take different revs, without holes', async () => {
    const users = Array.from({ length: 8 }, () => t.account());
    const id = await t.group(users[0] as AccountId, users.slice(1));
    await t.send(users[0] as AccountId, id, 'x');
    await Promise.all(users.map((user) => t.chat.setReaction(t.as(user), id, 1, '👍', true)));
    const message = await t.chat.getMessage(t.as(users[0] as AccountId), id, 1);
    expect(message.rev).toBe(10);
    expect(new Set(JSON.parse(message.reactions)['👍'])).toEqual(new Set(users));
  });
});

describe('history', () => {
  test('pages by seq in every direction, and by thread', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    for (let i = 1; i <= 12; i++) await t.send(a, id, `${i}`, i % 3 === 0 ? { thread: 1 } : {});
    const seqs = async (range: object) =>
      (await t.chat.history(t.as(a), id, { limit: 3, ...range })).items.map((item) => item.seq);
    expect(await seqs({})).toEqual([10, 11, 12]);
    expect(await seqs({ before: 10 })).toEqual([7, 8, 9]);
    expect(await seqs({ after: 0 })).toEqual([1, 2, 3]);
    expect(await seqs({ after: 11 })).toEqual([12]);
    expect(await seqs({ around: 6 })).toEqual([5, 6, 7]);
    expect(await seqs({ thread: 1 })).toEqual([6, 9, 12]);
    expect(await seqs({ thread: 1, after: 0 })).toEqual([3, 6, 9]);
    expect(await seqs({ thread: 1, before: 6 })).toEqual([3]);
    expect(await seqs({ thread: 1, around: 9 })).toEqual([6, 9, 12]);
    for (const bad of [{ limit: 0 }, { limit: 201 }, { before: 1, after: 1 }, { before: -1 }, { around: 1.5 }]) {
      expect(await codeOf(t.chat.history(t.as(a), id, { limit: 3, ...bad }))).toBe('request.invalid');
    }
  });

  test('a page reads its own rows from the index and no other', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    await t.sql.query(
      `insert into chat.messages (conversation_id, seq, rev, id, sender_id, content, hash, created_at)
       select $1, n, n + 1, n::text, $2, '{}', '', now() from generate_series(1, 50000) n`,
      [id, a],
    );
    await t.sql.query('analyze chat.messages');
    const plan = await t.sql.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, costs off, timing off, summary off) ${pageSql}`,
      [id, [24_000, 30_000], [24_029, 30_019]],
    );
    const lines = plan.map((row) => row['QUERY PLAN']);
    const scan = lines.find((line) => line.includes('Index Scan using messages_pkey'));
    expect(lines.join('\n')).not.toMatch(/Seq Scan on messages|Bitmap/);
    // an average over two loops: 50 rows in all
    expect(scan).toMatch(/rows=25(\.00)? loops=2/);
  });
});

describe('attachments', () => {
  test('open to their owner and to who may read a message that shows them', async () => {
    const [a, b, late, stranger] = [t.account(), t.account(), t.account(), t.account()];
    const id = await t.group(a, [b], { history: 'since-join' });
    const attachment = createId<AttachmentId>();
    const meta = { id: attachment, name: 'cat.png', size: 12, mediaType: 'image/png' };
    expect(await t.chat.createAttachment(t.as(a), meta)).toMatchObject({ ...meta, owner: a });
    const read = (user: AccountId) => codeOf(t.chat.getAttachment(t.as(user), attachment));
    expect([await read(a), await read(b)]).toEqual(['none', 'attachment.unknown']);
    const content = JSON.stringify({ type: 'image', attachment });
    await t.send(a, id, 'plain');
    await t.chat.editMessage(t.as(a), id, 1, content);
    await t.chat.putMember(t.as(a), id, late, 'member');
    expect([await read(b), await read(late), await read(stranger)]).toEqual([
      'none',
      'attachment.unknown',
      'attachment.unknown',
    ]);
    await t.send(b, id, 'plain');
    expect(await codeOf(t.chat.editMessage(t.as(b), id, 2, content))).toBe('none');
    expect(await read(late)).toBe('none');
    await t.chat.deleteMessage(t.as(a), id, 1);
    await t.chat.deleteMessage(t.as(b), id, 2);
    expect(await read(b)).toBe('attachment.unknown');
    await t.send(b, id, 'plain');
    expect(await codeOf(t.chat.editMessage(t.as(b), id, 3, content))).toBe('attachment.unknown');
    expect(await codeOf(t.chat.createAttachment(t.as(b), meta))).toBe('conversation.conflict');
  });

  test('everybody may read what its owner shows as their picture, for as long as they do', async () => {
    const [owner, other, stranger] = [t.account(), t.account(), t.account()];
    const id = createId<AttachmentId>();
    await t.chat.createAttachment(t.as(owner), { id, name: 'a.png', size: 1, mediaType: 'image/png' });
    const read = () => codeOf(t.chat.getAttachment(t.as(stranger), id));
    expect(await read()).toBe('attachment.unknown');
    // Whoever else names it opens nothing.
    t.avatars.set(other, id);
    expect(await read()).toBe('attachment.unknown');
    t.avatars.set(owner, id);
    expect(await read()).toBe('none');
    t.avatars.set(owner, 'https://example.org/a.png');
    expect(await read()).toBe('attachment.unknown');
  });

  test('a picture is an attachment of one’s own, or a URL; whoever sees the conversation may read it', async () => {
    const [owner, member, stranger] = [t.account(), t.account(), t.account()];
    const attach = async (user: AccountId): Promise<AttachmentId> =>
      (await t.chat.createAttachment(t.as(user), { id: createId(), name: 'a.png', size: 1, mediaType: 'image/png' }))
        .id;
    const [avatar, foreign] = [await attach(owner), await attach(stranger)];
    const make = (request: object) =>
      t.chat.createConversation(t.as(owner), { kind: 'group', members: [member], avatar, ...request });
    const { id, ...made } = (await make({})).conversation;
    expect(made).toMatchObject({ avatar, lastRev: 1 });
    const read = () => Promise.all([member, stranger].map((user) => codeOf(t.chat.getAttachment(t.as(user), avatar))));
    expect(await read()).toEqual(['none', 'attachment.unknown']);
    const change = (avatar: string | null) => t.chat.updateConversation(t.as(owner), id, { avatar });
    const url = 'https://x.org/a.png';
    expect(await change(url)).toMatchObject({ avatar: url, lastRev: 2 });
    expect(await read()).toEqual(['attachment.unknown', 'attachment.unknown']);
    expect(await change(url)).toMatchObject({ lastRev: 2 });
    expect(await t.chat.updateConversation(t.as(owner), id, { name: 'N' })).toMatchObject({ avatar: url, lastRev: 3 });
    expect(await change(null)).toMatchObject({ avatar: null, lastRev: 4 });
    for (const [wrong, code] of [
      ['javascript:alert(1)', 'request.invalid'],
      ['cat.png', 'request.invalid'],
      [foreign, 'attachment.unknown'],
      [createId(), 'attachment.unknown'],
    ] as const) {
      expect(await codeOf(change(wrong))).toBe(code);
      expect(await codeOf(make({ avatar: wrong }))).toBe(code);
    }
    expect(await codeOf(make({ kind: 'direct', avatar: url }))).toBe('request.invalid');
    expect(await t.chat.getConversation(t.as(member), id)).toMatchObject({ avatar: null, lastRev: 4 });
  });
});

test('a full storage refuses what writes, not what reads or deletes', async () => {
  const a = t.account();
  const id = await t.group(a, []);
  await t.send(a, id, 'x');
  t.storage.isFull = true;
  try {
    for (const write of [
      () => t.chat.editMessage(t.as(a), id, 1, text('y')),
      () => t.chat.setReaction(t.as(a), id, 1, '👍', true),
      () => t.chat.setPinned(t.as(a), id, 1, true),
      () => t.chat.putReceipt(t.as(a), id, { read: 1 }),
      () => t.chat.updateConversation(t.as(a), id, { name: 'n' }),
      () => t.chat.setPreferences(t.as(a), id, {}),
    ]) {
      expect(await codeOf(write())).toBe('storage.full');
    }
    expect((await t.chat.history(t.as(a), id, { limit: 1 })).items).toHaveLength(1);
    await t.chat.deleteMessage(t.as(a), id, 1);
  } finally {
    t.storage.isFull = false;
  }
});
