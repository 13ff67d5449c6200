import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChat, type TestChat } from '../../../../test-support/open-chat.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

test('users are shown where they are and where they were, each place once', async () => {
  const [a, b, nobody] = [t.account(), t.account(), t.account()];
  const [present, left, returned, of] = [
    await t.group(b, [a]),
    await t.group(b, [a]),
    await t.group(b, [a]),
    await t.group(b, []),
  ];
  await t.chat.removeMember(t.as(a), left, a);
  await t.chat.removeMember(t.as(a), returned, a);
  await t.chat.putMember(t.as(b), returned, a, 'member');
  const rows = await t.chat.conversationsOf(t.as(b), [a, nobody, b, a]);
  expect(new Map(rows.map(({ user, conversations }) => [user, [...conversations].sort()]))).toEqual(
    new Map([
      [a, [present, left, returned].sort()],
      [nobody, []],
      [b, [present, left, returned, of].sort()],
    ]),
  );
});
