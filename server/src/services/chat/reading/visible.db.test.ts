import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { type AccountId, type AttachmentId, type ConversationId, createId } from '../../../kernel/ids.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

async function attach(owner: AccountId): Promise<AttachmentId> {
  const file = { id: createId<AttachmentId>(), name: 'cat.png', size: 12, mediaType: 'image/png' };
  return (await t.chat.createAttachment(t.as(owner), file)).id;
}

const show = (attachment: AttachmentId) => JSON.stringify({ type: 'image', attachment });

async function send(user: AccountId, id: ConversationId, attachment: AttachmentId): Promise<void> {
  await t.send(user, id, 'ignored', { content: show(attachment), attachment });
}

/** Everything that asks whether `user` may see the attachment: each must have the same answer. */
async function askAll(user: AccountId, attachment: AttachmentId): Promise<Record<string, boolean>> {
  const own = await t.group(user, []);
  await t.send(user, own, 'plain');
  const isAllowed = async (call: Promise<unknown>) => (await codeOf(call)) === 'none';
  return {
    get: await isAllowed(t.chat.getAttachment(t.as(user), attachment)),
    edit: await isAllowed(t.chat.editMessage(t.as(user), own, 1, show(attachment))),
    picture: await isAllowed(t.chat.updateConversation(t.as(user), own, { avatar: attachment })),
    // last: what one has sent one sees
    send: await send(user, await t.group(user, []), attachment).then(
      () => true,
      () => false,
    ),
  };
}

/** What is asked for must be known to one user alone: whatever `askAll` makes may open it to no other. */
const cases: Record<string, { sees: boolean; open: () => Promise<readonly [AccountId, AttachmentId]> }> = {
  'its owner': {
    sees: true,
    async open() {
      const owner = t.account();
      return [owner, await attach(owner)];
    },
  },
  'a stranger': { sees: false, open: async () => [t.account(), await attach(t.account())] },
  'a member': {
    sees: true,
    async open() {
      const { owner, id, attachment } = await openGroup();
      const member = t.account();
      await t.chat.putMember(t.as(owner), id, member, 'reader');
      return [member, attachment];
    },
  },
  'an outsider of a private conversation': {
    sees: false,
    open: async () => [t.account(), (await openGroup()).attachment],
  },
  'an outsider of a public conversation': {
    sees: true,
    open: async () => [t.account(), (await openGroup({ visibility: 'public' })).attachment],
  },
  'a member who came after it': {
    sees: false,
    async open() {
      const { owner, id, attachment } = await openGroup({ history: 'since-join' });
      const member = t.account();
      await t.chat.putMember(t.as(owner), id, member, 'member');
      return [member, attachment];
    },
  },
  'a member who saw it in an earlier stay': {
    sees: true,
    async open() {
      const { owner, id } = await openGroup({ history: 'since-join' });
      const [member, attachment] = [t.account(), await attach(owner)];
      await t.chat.putMember(t.as(owner), id, member, 'member');
      await send(owner, id, attachment);
      await t.chat.removeMember(t.as(owner), id, member);
      await t.send(owner, id, 'between');
      await t.chat.putMember(t.as(owner), id, member, 'member');
      return [member, attachment];
    },
  },
  'who has left': {
    sees: false,
    async open() {
      const { owner, id, attachment } = await openGroup();
      const member = t.account();
      await t.chat.putMember(t.as(owner), id, member, 'member');
      await t.chat.removeMember(t.as(member), id, member);
      return [member, attachment];
    },
  },
  'a member of a deleted conversation': {
    sees: false,
    async open() {
      const { owner, id, attachment } = await openGroup({ visibility: 'public' });
      const member = t.account();
      await t.chat.putMember(t.as(owner), id, member, 'member');
      await t.chat.deleteConversation(t.as(owner), id);
      return [member, attachment];
    },
  },
  'a member, once its message is deleted': {
    sees: false,
    async open() {
      const { owner, id, attachment } = await openGroup();
      const member = t.account();
      await t.chat.putMember(t.as(owner), id, member, 'member');
      await t.chat.deleteMessage(t.as(owner), id, 1);
      return [member, attachment];
    },
  },
  'a member of whose conversation it is the picture': {
    sees: true,
    async open() {
      const [owner, member] = [t.account(), t.account()];
      const avatar = await attach(owner);
      await t.group(owner, [member], { avatar });
      return [member, avatar];
    },
  },
  'an outsider of a conversation of which it is the picture': {
    sees: false,
    async open() {
      const owner = t.account();
      const avatar = await attach(owner);
      await t.group(owner, [], { avatar });
      return [t.account(), avatar];
    },
  },
  'an outsider of a public conversation of which it is the picture': {
    sees: true,
    async open() {
      const owner = t.account();
      const avatar = await attach(owner);
      await t.group(owner, [], { avatar, visibility: 'public' });
      return [t.account(), avatar];
    },
  },
};

async function openGroup(more: object = {}) {
  const owner = t.account();
  const [id, attachment] = [await t.group(owner, [], more), await attach(owner)];
  await send(owner, id, attachment);
  return { owner, id, attachment };
}

for (const [name, { sees, open }] of Object.entries(cases)) {
  test(`${name} ${sees ? 'sees an attachment, and may show it' : 'neither sees an attachment nor may show it'}`, async () => {
    const [user, attachment] = await open();
    expect(await askAll(user, attachment)).toEqual({ get: sees, edit: sees, picture: sees, send: sees });
  });
}
