import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  createPerson,
  mailedCode,
  mustGraphql,
  openGraphqlSocket,
  password,
  requestGraphql,
  type System,
  shareSystem,
  subscribeGraphql,
  uniqueName,
  until,
} from '../../harness/index.ts';

const changed = 'another correct horse';
const signIn = `mutation ($login: String!, $password: String!) {
  signIn(input: { login: $login, password: $password, device: "laptop" }) { session tokens { access } }
}`;
const signUp = `mutation ($username: String!, $email: String!, $password: String!) {
  signUp(input: { username: $username, email: $email, password: $password, phone: "1-2" }) {
    account { id email phone } tokens { access } }
}`;

/** What no other scenario asks GraphQL for; what the services make of it is for their own tests. */
describe('GraphQL, operation by operation', () => {
  let server: System;
  beforeAll(async () => {
    server = await shareSystem();
  });

  const must = (token: string | null, query: string, variables?: object) =>
    mustGraphql(server, token, query, variables);
  async function refusal(token: string | null, query: string, variables?: object): Promise<string | undefined> {
    return (await requestGraphql(server, token, query, variables)).errors?.[0]?.extensions.code;
  }
  const people = (...names: string[]) => Promise.all(names.map((name) => createPerson(server, name)));

  test('an address is proved, a password recovered and changed, an account ended', async () => {
    const username = uniqueName('gwen');
    const email = `${username}@example.org`;
    const { account, tokens } = (await must(null, signUp, { username, email, password })).signUp;
    expect(account).toMatchObject({ email, phone: '1-2' });
    const first = await mailedCode(server, email, /Confirm/);
    await must(null, `mutation { requestVerification(email: "${email}") }`);
    const second = await mailedCode(server, email, /Confirm/, first);
    const verify = 'mutation ($code: String!) { verifyEmail(code: $code) }';
    expect(await refusal(null, verify, { code: first })).toBe('token.invalid');
    await must(null, verify, { code: second });
    expect((await must(tokens.access, '{ me { emailVerified phone } }')).me).toEqual({
      ...{ emailVerified: true, phone: '1-2' },
    });

    for (const address of [email, 'nobody@example.org']) {
      expect((await must(null, `mutation { requestRecovery(email: "${address}") }`)).requestRecovery).toBe(true);
    }
    const code = await mailedCode(server, email, /Set a new password/);
    const reset = 'mutation ($code: String!, $password: String!) { resetPassword(code: $code, password: $password) }';
    await must(null, reset, { code, password: changed });
    expect(await refusal(tokens.access, '{ me { id } }')).toBe('session.revoked');
    expect(await refusal(null, reset, { code, password })).toBe('token.invalid');

    const enter = async (secret: string) => (await must(null, signIn, { login: email, password: secret })).signIn;
    const [one, two] = [await enter(changed), await enter(changed)];
    const change = 'mutation ($old: String!, $new: String!) { changePassword(oldPassword: $old, newPassword: $new) }';
    const [mine, other] = [one.tokens.access, two.tokens.access];
    expect(await refusal(mine, change, { old: password, new: password })).toBe('credentials.wrong');
    await must(mine, change, { old: changed, new: password });
    expect(await refusal(other, '{ me { id } }')).toBe('session.revoked');

    const third = await enter(password);
    await must(mine, 'mutation ($id: ID!) { revokeSession(id: $id) }', { id: third.session });
    expect(await refusal(third.tokens.access, '{ me { id } }')).toBe('session.revoked');
    const { sessions } = (await must(mine, '{ me { sessions { id device current } } }')).me;
    expect(sessions).toEqual([{ id: one.session, device: 'laptop', current: true }]);

    const end = 'mutation ($password: String!) { deleteAccount(password: $password) }';
    expect(await refusal(mine, end, { password: changed })).toBe('credentials.wrong');
    await must(mine, end, { password });
    expect(await refusal(mine, '{ me { id } }')).toBe('session.revoked');
    expect(await refusal(null, signIn, { login: email, password })).toBe('credentials.wrong');
  });

  test('an administrator makes many accounts at once, each answered for itself; nobody else may', async () => {
    await must(null, signUp, { username: 'chief-of-graphql', email: 'chief@example.org', password });
    const chief = (await must(null, signIn, { login: 'chief-of-graphql', password })).signIn.tokens.access as string;
    const [eve] = await people('eve');
    const make = `mutation ($accounts: [NewAccountInput!]!) {
      createAccounts(accounts: $accounts, sessions: true) { account { username } tokens { access } error }
    }`;
    const username = uniqueName('bulk');
    const accounts = [{ username, password }, { username: eve?.username }];
    expect(await refusal(eve?.access ?? '', make, { accounts })).toBe('action.forbidden');
    const [made, taken] = (await must(chief, make, { accounts })).createAccounts;
    expect(made).toMatchObject({ account: { username }, error: null });
    expect(taken).toEqual({ account: null, tokens: null, error: 'account.taken' });
    expect((await must(made.tokens.access, '{ me { username } }')).me).toEqual({ username });
  });

  test('a profile is changed, and people are kept as contacts and blocked', async () => {
    const [ann, bob] = await people('ann', 'bob');
    if (!ann || !bob) throw new Error('nobody is there');
    const input = { name: 'Ann', about: 'about me', settings: { theme: 'dark' } };
    const update = 'mutation ($input: ProfileInput!) { updateMe(input: $input) { name about avatar settings } }';
    expect((await must(ann.access, update, { input })).updateMe).toEqual({ ...input, avatar: null });
    expect((await must(ann.access, update, { input: { about: null } })).updateMe).toMatchObject({
      name: 'Ann',
      about: null,
    });
    const lists = async () => (await must(ann.access, '{ me { contacts { id } blocks { id } } }')).me;
    const act = (name: string) =>
      must(ann.access, `mutation ($user: ID!) { ${name}(user: $user) { id username } }`, { user: bob.id });
    await until('the profile is there', async () => (await act('addContact')).addContact.username === bob.username);
    await act('blockUser');
    expect(await lists()).toEqual({ contacts: [{ id: bob.id }], blocks: [{ id: bob.id }] });
    await act('removeContact');
    await act('unblockUser');
    expect(await lists()).toEqual({ contacts: [], blocks: [] });
  });

  test('a conversation is changed and ended, its members come, rise and go, by who may', async () => {
    const [ann, bob, eve] = await people('ann', 'bob', 'eve');
    if (!ann || !bob || !eve) throw new Error('nobody is there');
    const avatar = 'https://example.org/tea.png';
    const begin = `mutation ($m: [ID!], $avatar: String) {
      createConversation(input: { kind: GROUP, name: "Tea", topic: "green", avatar: $avatar, members: $m }) { conversation { id avatar } } }`;
    const made = (await must(ann.access, begin, { m: [bob.id], avatar })).createConversation.conversation;
    const { id } = made;
    expect(made.avatar).toBe(avatar);
    const update = `mutation ($id: ID!) {
      updateConversation(id: $id, input: { name: "Coffee", topic: null, avatar: null }) { name topic avatar } }`;
    expect(await refusal(bob.access, update, { id })).toBe('action.forbidden');
    expect((await must(ann.access, update, { id })).updateConversation).toEqual({
      ...{ name: 'Coffee', topic: null, avatar: null },
    });

    const mutedUntil = '2999-01-01T00:00:00.000Z';
    const input = { mutedUntil, archived: true, pinned: true, notify: 'MENTIONS' };
    const prefer = `mutation ($id: ID!, $input: PreferencesInput!) {
      setPreferences(conversation: $id, input: $input) { muted mutedUntil archived pinned notify } }`;
    expect((await must(bob.access, prefer, { id, input })).setPreferences).toEqual({ ...input, muted: true });
    const without = (await must(bob.access, prefer, { id, input: { mutedUntil: null } })).setPreferences;
    expect(without).toMatchObject({ muted: false, mutedUntil: null, archived: true });

    const add =
      'mutation ($id: ID!, $users: [ID!]!) { addMembers(conversation: $id, users: $users) { role user { id } } }';
    await until(
      'the name is known',
      async () => (await refusal(ann.access, `{ user(id: "@${eve.username}") { id } }`)) === undefined,
    );
    const { addMembers } = await must(ann.access, add, { id, users: [`@${eve.username}`] });
    expect(addMembers).toEqual([{ role: 'MEMBER', user: { id: eve.id } }]);
    const raise = 'mutation ($id: ID!, $user: ID!) { putMember(conversation: $id, user: $user, role: ADMIN) { role } }';
    expect(await refusal(eve.access, raise, { id, user: eve.id })).toBe('action.forbidden');
    expect((await must(ann.access, raise, { id, user: bob.id })).putMember).toEqual({ role: 'ADMIN' });

    const client = openGraphqlSocket(server, ann.access);
    const typing = subscribeGraphql<object>(client, 'subscription { typing { conversationId userId on } }');
    const type = 'mutation ($id: ID!) { setTyping(conversation: $id, on: true) }';
    await until('typing is seen', async () => (await must(eve.access, type, { id })) && typing.events.length > 0);
    expect(typing.events[0]).toEqual({ conversationId: id, userId: eve.id, on: true });
    await client.dispose();

    const remove = 'mutation ($id: ID!, $user: ID!) { removeMember(conversation: $id, user: $user) }';
    await must(bob.access, remove, { id, user: eve.id });
    await until(
      'who was removed types no more',
      async () => (await refusal(eve.access, type, { id })) === 'conversation.forbidden',
    );
    // What it does with one is for server/src/protocols/graphql/http/upload.test.ts.
    expect(await refusal(bob.access, 'mutation ($id: ID!) { deleteAttachment(id: $id) }', { id })).toBe(
      'attachment.unknown',
    );
    const end = 'mutation ($id: ID!) { deleteConversation(id: $id) }';
    expect(await refusal(bob.access, end, { id })).toBe('action.forbidden');
    expect((await must(ann.access, end, { id })).deleteConversation).toBe(true);
    expect(await refusal(ann.access, 'query ($id: ID!) { conversation(id: $id) { id } }', { id })).toBe(
      'conversation.unknown',
    );
  });

  test('there is no operation that no scenario asks for', () => {
    const here = path.dirname(new URL(import.meta.url).pathname);
    const folder = path.join(here, '..');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /graphql.*\.ts$/.test(name),
    );
    const texts = files.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n');
    const schema = readFileSync(path.join(folder, '../../contracts/graphql/schema.graphql'), 'utf8');
    const fieldsOf = (type: string) => {
      const body = new RegExp(`^type ${type} \\{\n(.*?)^\\}`, 'ms').exec(schema)?.[1] ?? '';
      return [...body.matchAll(/^ {2}(\w+)[(:]/gm)].map(([, name]) => name as string);
    };
    const all = ['Mutation', 'Subscription'].flatMap(fieldsOf);
    expect(all.length).toBeGreaterThan(35);
    const isAsked = (name: string) => new RegExp(`\\b${name} *[({]|\\{ *${name} *\\}|act\\('${name}'\\)`).test(texts);
    // With a file, which is for server/src/protocols/graphql/http/upload.test.ts.
    expect(all.filter((name) => !isAsked(name))).toEqual(['createAttachment']);
  });
});
