import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  askVeigo,
  createGroup,
  createPerson,
  createVeigoPerson,
  historyOf,
  refusalOf,
  request,
  sendText,
  textOf,
  until,
  VeigoSocket,
  veigoPassword,
} from '../harness/index.ts';
import { inEveryTopology } from '../harness/shared-system.ts';
import { describeVeigoAccounts } from './veigo/describe-veigo-accounts.ts';
import { describeVeigoRooms } from './veigo/describe-veigo-rooms.ts';

const invalidToken = '2 UNKNOWN: {"name":"Error","message":"Invalid token"}';

// All over one system: to start another takes longer than all of them.
inEveryTopology('Veigo', (server) => {
  describeVeigoAccounts(server);
  describeVeigoRooms(server);

  const person = (name: string) => createVeigoPerson(server(), name);
  const ask = (query: string, variables?: object) => askVeigo(server(), query, null, variables);

  test('the three steps of its README: playground, SignUpAndCreateProfile, the socket of the console', async () => {
    const page = await fetch(`${server().url}/playground`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy'), 'nothing comes from elsewhere').toMatch(
      /default-src 'none'.*connect-src 'self'/,
    );
    expect(await page.text()).toContain('SignUpAndCreateProfile');
    const bob = await person('Bob');
    const socket = await VeigoSocket.open(server(), bob.access);
    const { CreateRoom } = await bob.must(
      'mutation { CreateRoom(name: "Friends Group", type: group) { information { id name } members { id name } } }',
    );
    expect(CreateRoom).toEqual({
      information: { id: expect.any(String), name: 'Friends Group' },
      members: [{ id: bob.id, name: 'Bob' }],
    });
    const room_id = CreateRoom.information.id;
    // Read your writes: nobody waits for the change stream to tell of the room.
    await socket.join(room_id);
    const { CreateMessage } = await bob.must(
      'mutation CreateMessage($room_id: String!) { CreateMessage(roomId: $room_id, content: "Hello world!") { id content senderId } }',
      { room_id },
    );
    expect(CreateMessage).toEqual({ id: expect.any(String), content: 'Hello world!', senderId: bob.id });
    expect(await socket.take('MESSAGE')).toEqual({
      type: 'MESSAGE',
      payload: [
        {
          type: 'message',
          content: {
            senderId: bob.id,
            content: 'Hello world!',
            messageId: CreateMessage.id,
            roomId: room_id,
            timestamp: expect.any(String),
          },
        },
      ],
    });
    expect(socket.frames.filter(({ type }) => type !== 'MESSAGE')).toEqual(socket.errors('settle'));
    socket.close();
  });

  test('clients of Veigo and native ones meet in one conversation', async () => {
    const [liam, mona] = [await person('Liam'), await createPerson(server(), 'mona')];
    const group = await createGroup(mona, []);
    await mona.must('PUT', `/conversations/${group.id}/members/${liam.id}`, { role: 'member' });
    const [socket, native] = [await VeigoSocket.open(server(), liam.access), await mona.socket()];
    await socket.join(group.id);
    const sent = await sendText(mona, group.id, 'from native');
    expect((await socket.take('MESSAGE')).payload[0]?.content).toMatchObject({
      senderId: mona.id,
      content: 'from native',
    });
    const { CreateMessage } = await liam.must(
      'mutation M($id: String!) { CreateMessage(roomId: $id, content: "from Veigo") { id } }',
      { id: group.id },
    );
    const heard = await native.take('message', (frame) => textOf(frame) === 'from Veigo');
    expect(heard).toMatchObject({
      sender: { id: liam.id, name: 'Liam' },
      content: { type: 'text', text: 'from Veigo' },
    });
    await mona.must('PATCH', `/conversations/${group.id}/messages/${sent.seq}`, {
      content: { type: 'text', text: 'edited' },
    });
    expect((await socket.take('MESSAGE_UPDATED')).payload[0]?.content).toMatchObject({ content: 'edited' });
    await mona.must('POST', `/conversations/${group.id}/messages`, {
      id: randomUUID(),
      content: { type: 'location', latitude: 1, longitude: 2, text: 'here' },
    });
    await until('the location as text', () =>
      socket.frames.some(({ payload }) => payload[0]?.content?.content === '[location 1, 2] here'),
    );
    await liam.must(
      'mutation D($id: String!, $message: String!) { DeleteMessage(roomId: $id, messageId: $message) { id } }',
      { id: group.id, message: CreateMessage.id },
    );
    await native.take('deleted');
    expect((await historyOf(mona, group.id)).map(textOf)).toEqual(['edited', undefined, 'here']);
    // Who is removed hears no more, although the socket had joined.
    await mona.must('DELETE', `/conversations/${group.id}/members/${liam.id}`);
    await sendText(mona, group.id, 'without Liam');
    await native.take('message', (frame) => textOf(frame) === 'without Liam');
    await socket.settle();
    expect(JSON.stringify(socket.frames)).not.toContain('without Liam');
    // One account, both protocols: the native sign-in takes the e-mail address.
    const signIn = { login: liam.email, password: veigoPassword };
    const { body } = await request<{ account: object }>(server(), 'POST', '/sessions', { body: signIn });
    expect(body.account).toMatchObject({ id: liam.id, username: expect.stringMatching(/^liam/) });
    socket.close();
    native.close();
  });

  test('no token, a forged one and none at all are refused on every surface', async () => {
    const query = '{ ListRooms(id: "x") { records { id } } }';
    expect(refusalOf(await ask(query))).toBe('No authorization token provided');
    const nina = await person('Nina');
    const forged = `${nina.access.slice(0, -6)}AAAAAA`;
    expect(refusalOf(await askVeigo(server(), query, forged))).toBe(invalidToken);
    await expect(VeigoSocket.open(server(), forged)).rejects.toThrow('401');
    await expect(VeigoSocket.open(server(), '')).rejects.toThrow('401');
    await expect(VeigoSocket.open(server(), nina.refresh)).rejects.toThrow('401');
  });
});
