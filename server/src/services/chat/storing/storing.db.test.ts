import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { systemContext } from '../../../kernel/context.ts';
import { type AccountId, type AttachmentId, type ConversationId, createId } from '../../../kernel/ids.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat({ attachmentQuotaBytes: 1_000 });
});
afterAll(() => t.close());

const trusted = systemContext('test', 60_000);
const imageOf = (attachment: AttachmentId) => JSON.stringify({ type: 'image', attachment });

async function upload(owner: AccountId, size = 10): Promise<AttachmentId> {
  const id = createId<AttachmentId>();
  await t.chat.reserveAttachment(t.as(owner), { id, size });
  await t.chat.createAttachment(t.as(owner), { id, name: 'cat.png', size, mediaType: 'image/png' });
  return id;
}

/** As a message that shows it: sent as an image. */
async function show(owner: AccountId, conversation: ConversationId, attachment: AttachmentId): Promise<number> {
  const { seq } = await t.send(owner, conversation, 'look', { content: imageOf(attachment), attachment });
  return seq;
}

const usedBy = async (owner: AccountId) => (await t.chat.getAttachmentUsage(t.as(owner))).usedBytes;

/** What the collector is told to remove, from among these. */
async function collected(...ids: AttachmentId[]): Promise<readonly AttachmentId[]> {
  const told = await t.chat.collectAttachments(trusted);
  return ids.filter((id) => told.includes(id));
}

/** As if it had been uploaded more than a day ago. */
async function age(...ids: AttachmentId[]): Promise<void> {
  await t.sql.query(
    `update chat.attachments set check_at = check_at - interval '25 hours' where id = any($1::uuid[])`,
    [ids],
  );
}

describe('the quota', () => {
  test('refuses before the bytes what does not fit, also when uploads come together', async () => {
    const owner = t.account();
    const reserve = () => codeOf(t.chat.reserveAttachment(t.as(owner), { id: createId<AttachmentId>(), size: 300 }));
    const codes = await Promise.all(Array.from({ length: 8 }, reserve));
    expect(codes.sort()).toEqual([...Array(3).fill('none'), ...Array(5).fill('request.too_large')]);
    expect(await t.chat.getAttachmentUsage(t.as(owner))).toEqual({ usedBytes: 900, quotaBytes: 1_000 });
    // Another one's is another quota.
    expect(await upload(t.account(), 1_000)).toBeTypeOf('string');
  });

  test('counts what came, not what was announced, and nothing of what never came', async () => {
    const owner = t.account();
    const [id, never] = [createId<AttachmentId>(), createId<AttachmentId>()];
    await t.chat.reserveAttachment(t.as(owner), { id, size: 500 });
    await t.chat.reserveAttachment(t.as(owner), { id: never, size: 500 });
    expect(await codeOf(t.chat.getAttachment(t.as(owner), id))).toBe('attachment.unknown');
    await t.chat.createAttachment(t.as(owner), { id, name: 'a', size: 20, mediaType: 'image/png' });
    await t.chat.forgetAttachments(trusted, [id, never]);
    expect(await usedBy(owner)).toBe(20);
    expect(await codeOf(t.chat.getAttachment(t.as(owner), id))).toBe('none');
  });

  test("nobody takes the place of another one's upload", async () => {
    const [owner, other] = [t.account(), t.account()];
    const id = createId<AttachmentId>();
    await t.chat.reserveAttachment(t.as(owner), { id, size: 5 });
    const taking = t.chat.createAttachment(t.as(other), { id, name: 'a', size: 5, mediaType: 'image/png' });
    expect(await codeOf(taking)).toBe('conversation.conflict');
  });
});

describe('an upload', () => {
  test('that nothing shows goes after a day, and one that is shown stays', async () => {
    const owner = t.account();
    const group = await t.group(owner, []);
    const [unsent, sent] = [await upload(owner), await upload(owner)];
    await show(owner, group, sent);
    expect(await collected(unsent, sent)).toEqual([]);
    await age(unsent, sent);
    expect(await collected(unsent, sent)).toEqual([unsent]);
    expect(await codeOf(t.chat.getAttachment(t.as(owner), unsent))).toBe('attachment.unknown');
    expect(await codeOf(t.chat.getAttachment(t.as(owner), sent))).toBe('none');
    // A collector that has gone with them leaves them to the next one, and their room is counted until they are forgotten.
    expect(await usedBy(owner)).toBe(20);
    await age(unsent);
    expect(await collected(unsent)).toEqual([unsent]);
    await t.chat.forgetAttachments(trusted, [unsent, sent]);
    expect(await usedBy(owner)).toBe(10);
    expect(await t.chat.listUnknownAttachments(trusted, [unsent, sent])).toEqual([unsent]);
  });

  test('whose bytes never came goes as well', async () => {
    const owner = t.account();
    const id = createId<AttachmentId>();
    await t.chat.reserveAttachment(t.as(owner), { id, size: 7 });
    await age(id);
    expect(await collected(id)).toEqual([id]);
  });
});

describe('with the last that shows it an attachment goes', () => {
  test('a deleted message, an edited one, and not before both', async () => {
    const owner = t.account();
    const group = await t.group(owner, []);
    const id = await upload(owner);
    const [first, second] = [await show(owner, group, id), await show(owner, group, id)];
    await t.chat.deleteMessage(t.as(owner), group, first);
    expect(await collected(id)).toEqual([]);
    const other = await upload(owner);
    await t.chat.editMessage(t.as(owner), group, second, imageOf(other));
    const { storedBytes, reclaimableBytes } = await t.chat.getAttachmentTotals(trusted);
    expect(reclaimableBytes).toBeGreaterThanOrEqual(10);
    expect(storedBytes).toBeGreaterThan(reclaimableBytes);
    expect(await collected(id, other)).toEqual([id]);
  });

  test('the picture of a conversation', async () => {
    const owner = t.account();
    const [before, after] = [await upload(owner), await upload(owner)];
    const group = await t.group(owner, [], { avatar: before });
    await age(before);
    expect(await collected(before)).toEqual([]);
    await t.chat.updateConversation(t.as(owner), group, { avatar: after });
    expect(await collected(before, after)).toEqual([before]);
    await t.chat.deleteConversation(t.as(owner), group);
    expect(await collected(after)).toEqual([after]);
  });

  test('a deleted conversation, whatever the number of its messages, but not what is shown elsewhere', async () => {
    const owner = t.account();
    const [group, other] = [await t.group(owner, []), await t.group(owner, [])];
    const [first, last, forwarded] = [await upload(owner), await upload(owner), await upload(owner)];
    await show(owner, group, first);
    await show(owner, group, forwarded);
    await Promise.all(Array.from({ length: 950 }, (_, at) => t.send(owner, group, `${at}`)));
    await show(owner, group, last);
    await show(owner, other, forwarded);
    await t.chat.deleteConversation(t.as(owner), group);
    expect((await collected(first, last, forwarded)).toSorted()).toEqual([first, last].toSorted());
    expect(await codeOf(t.chat.getAttachment(t.as(owner), forwarded))).toBe('none');
  });

  test("its owner's own picture stays", async () => {
    const owner = t.account();
    const id = await upload(owner);
    t.avatars.set(owner, id);
    await age(id);
    expect(await collected(id)).toEqual([]);
    expect(await codeOf(t.chat.deleteAttachment(t.as(owner), id))).toBe('conversation.conflict');
    t.avatars.delete(owner);
    await age(id);
    expect(await collected(id)).toEqual([id]);
  });
});

describe('deleting an attachment', () => {
  test("is for its owner's that nothing shows", async () => {
    const [owner, reader, stranger] = [t.account(), t.account(), t.account()];
    const group = await t.group(owner, [reader]);
    const id = await upload(owner);
    const seq = await show(owner, group, id);
    const remove = (user: AccountId) => codeOf(t.chat.deleteAttachment(t.as(user), id));
    expect([await remove(stranger), await remove(reader), await remove(owner)]).toEqual([
      'attachment.unknown',
      'action.forbidden',
      'conversation.conflict',
    ]);
    await t.chat.deleteMessage(t.as(owner), group, seq);
    expect([await remove(owner), await remove(owner)]).toEqual(['none', 'attachment.unknown']);
    const [result] = await t.chat.append(t.as(owner), [
      { ...draftless, id: createId(), conversation: group, sender: owner, content: imageOf(id), attachment: id },
    ]);
    expect(result).toMatchObject({ code: 'attachment.unknown' });
  });

  test('and sending it at once end with one of the two', async () => {
    const owner = t.account();
    const group = await t.group(owner, []);
    const rounds = Array.from({ length: 30 }, async () => {
      const id = await upload(owner, 1);
      const [sent, removed] = await Promise.all([
        codeOf(show(owner, group, id)),
        codeOf(t.chat.deleteAttachment(t.as(owner), id)),
      ]);
      return [sent === 'none', removed === 'none'];
    });
    for (const [sent, removed] of await Promise.all(rounds)) expect(sent).toBe(!removed);
  });
});

const draftless = {
  session: null,
  admin: false,
  hash: '0'.repeat(64),
  replyTo: null,
  thread: null,
  mentions: [],
} as const;
