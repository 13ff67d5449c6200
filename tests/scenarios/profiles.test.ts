import type { Profile } from '@parley/client';
import { afterEach, expect, test } from 'vitest';
import {
  askVeigo,
  createSdkPerson,
  type GraphqlFeed,
  mustGraphql,
  type NetworkProxy,
  openGraphqlSocket,
  password,
  request,
  type SdkPerson,
  signIn,
  startProxy,
  subscribeGraphql,
  until,
  VeigoSocket,
} from '../harness/index.ts';
import { inEveryTopology } from '../harness/shared-system.ts';

const words = (text: string) => ({ type: 'text' as const, text });

/** Every fact about people is told to whoever shows it, by every protocol, and is right after a reconnect. */
inEveryTopology('profiles', (server) => {
  const people: SdkPerson[] = [];
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const { client } of people.splice(0)) client.close();
    for (const end of ends.splice(0)) await end();
  });

  async function join(name: string, url = server().url): Promise<SdkPerson> {
    const person = await createSdkPerson(url, name);
    people.push(person);
    await person.connected();
    return person;
  }

  /** Another device of the same account, behind a network that can be cut. */
  async function joinAgain(person: SdkPerson): Promise<{ device: SdkPerson; proxy: NetworkProxy }> {
    const proxy = await startProxy(() => server().url);
    const device = await createSdkPerson(proxy.url, 'device');
    people.push(device);
    ends.push(() => proxy.close());
    await device.client.signIn({ login: person.username, password });
    await device.connected();
    return { device, proxy };
  }

  const access = async ({ username }: SdkPerson): Promise<string> => (await signIn(server(), username)).access;

  /** Ann and Bob talk directly and in a group; somebody of the group has left it; a stranger knows none of them. */
  async function meet() {
    const [ann, bob, left] = [await join('ann'), await join('bob'), await join('left')];
    const { id: group } = await ann.client.api.createConversation({
      kind: 'group',
      name: 'Group',
      members: [bob.id, left.id],
    });
    const { id: direct } = await ann.client.api.createConversation({ kind: 'direct', members: [bob.id] });
    for (const one of [ann, bob, left]) await until('the group is known', () => one.client.conversation(group));
    await until('the direct one is known', () => ann.client.conversation(direct) && bob.client.conversation(direct));
    await bob.client.send(group, words('hello')).sent;
    await left.client.send(group, words('bye')).sent;
    await left.client.api.removeMember(group, left.id);
    await until('both are heard', () => ann.told.length === 2);
    return { ann, bob, left, group, direct };
  }

  /** How Ann is shown somebody: in the direct conversation, in the list, beside each message of the group. */
  function shown({ client }: SdkPerson, group: string, direct: string, of: SdkPerson): (string | undefined)[] {
    const states = [client.conversation(group), client.conversation(direct)];
    const messages = states.flatMap((state) => [state?.summary.lastMessage, ...(state?.log.messages ?? [])]);
    const senders = messages.filter((message) => message?.sender.id === of.id).map((message) => message?.sender.name);
    const peer = states[1]?.summary.peer;
    return peer?.id === of.id ? [peer.name, ...senders] : senders;
  }

  test('a new name is told to all who show it, however it was changed, to own devices, and to nobody else', async () => {
    const { ann, bob, left, group, direct } = await meet();
    const stranger = await join('stranger');
    const { device } = await joinAgain(bob);
    const told: Profile[] = [];
    stranger.client.on('user', (profile) => void told.push(profile));
    const token = await access(bob);
    const ways: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['Rest', () => bob.client.api.updateMe({ name: 'Rest', avatar: 'https://example.org/bob.png' })],
      ['Graph', () => mustGraphql(server(), token, 'mutation { updateMe(input: { name: "Graph" }) { name } }')],
      ['Veigo', () => askVeigo(server(), `mutation { UpdateProfile(id: "${bob.id}", name: "Veigo") { name } }`, token)],
    ];
    for (const [name, change] of ways) {
      await change();
      await until(`${name} is shown`, () => shown(ann, group, direct, bob).every((one) => one === name));
      expect(shown(ann, group, direct, bob)).toHaveLength(2);
      await until(`${name} is the own name`, () => device.client.account?.name === name);
      expect(device.client.account?.id).toBe(bob.id);
    }
    expect(ann.client.conversation(direct)?.summary.peer?.avatar).toBe('https://example.org/bob.png');
    await left.client.api.updateMe({ name: 'Gone' });
    await until('who has left is shown too', () => shown(ann, group, direct, left).every((one) => one === 'Gone'));
    expect(shown(ann, group, direct, left)).not.toEqual([]);
    expect(told).toEqual([]);
    for (const one of people) expect(one.gaps).toEqual([]);
  });

  test('who was away is shown the new name after they are back', async () => {
    const { ann, bob, left, group, direct } = await meet();
    const { device, proxy } = await joinAgain(ann);
    await until('both are known', () => device.client.conversation(direct) && device.client.conversation(group));
    while (await device.client.loadOlder(group, 1));
    expect(shown(device, group, direct, left).filter((name) => name === left.username)).not.toEqual([]);
    proxy.refuse();
    proxy.cut();
    await until('away', () => device.client.state !== 'online');
    await bob.client.api.updateMe({ name: 'Robert' });
    await left.client.api.updateMe({ name: 'Gone' });
    await ann.client.api.updateMe({ name: 'Anna' });
    proxy.accept();
    const all = () => [...shown(device, group, direct, bob), ...shown(device, group, direct, left)];
    await until('new names', () => all().every((name) => name === 'Robert' || name === 'Gone'));
    await until('own name', () => device.client.account?.name === 'Anna');
    expect(shown(ann, group, direct, bob)).toContain('Robert');
  });

  test('the end of an account is told to all who show it; its direct conversation is read and takes nothing', async () => {
    const { ann, bob, group, direct } = await meet();
    const client = openGraphqlSocket(server(), await access(ann));
    ends.push(() => client.dispose());
    const feed: GraphqlFeed<object> = subscribeGraphql(client, 'subscription { users { id name deleted } }');
    const veigo = await VeigoSocket.open(server(), await access(ann));
    ends.push(() => veigo.close());
    await veigo.join(direct);
    for (let n = 0; feed.events.length === 0; n++) await bob.client.api.updateMe({ about: `${n}` });
    await bob.client.send(direct, words('last words')).sent;
    bob.client.setTyping(direct, true);
    await until('typing', () => ann.client.conversation(direct)?.typing.includes(bob.id));
    await bob.client.api.deleteMe(password);
    await until('told', () => shown(ann, group, direct, bob).every((name) => name === 'Deleted account'));
    expect(ann.client.conversation(direct)).toMatchObject({ summary: { peer: { deleted: true } }, typing: [] });
    await until('left', () => ann.client.conversation(group)?.summary.memberCount === 1);
    await expect(ann.client.send(direct, words('are you there?')).sent).rejects.toMatchObject({
      code: 'action.forbidden',
    });
    expect((await ann.client.api.getHistory(direct)).items).toMatchObject([{ sender: { name: 'Deleted account' } }]);
    const ended = { id: bob.id, name: 'Deleted account', deleted: true };
    await until('GraphQL', () => JSON.stringify(feed.events.at(-1)) === JSON.stringify(ended));
    const said = () => veigo.frames.findLast(({ type }) => type === 'PROFILE_UPDATED')?.payload[0]?.content;
    await until('Veigo', () => said()?.name === 'Deleted account');
    expect(said()).toMatchObject({ id: bob.id, photoPath: null });
  });

  test('profiles are read by their ids, up to 100, as they are now', async () => {
    const [ann, bob] = [await join('ann'), await join('bob')];
    await bob.client.api.updateMe({ name: 'Robert' });
    const unknown = '00000000-0000-4000-8000-000000000000';
    const { items } = await ann.client.api.getUsers([bob.id, unknown, ann.id]);
    expect(items).toMatchObject([{ id: bob.id, name: 'Robert', version: 2, deleted: false }, { id: ann.id }]);
    const token = await access(ann);
    for (const query of ['', '?ids=x', `?ids=${bob.id}&query=b`, `?ids=${Array(101).fill(bob.id)}`]) {
      expect((await request(server(), 'GET', `/users${query}`, { token })).body).toMatchObject({
        code: 'request.invalid',
      });
    }
  });
});
