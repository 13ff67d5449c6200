import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  askVeigo,
  createGroup,
  createPerson,
  createVeigoPerson,
  historyOf,
  mailedCode,
  request,
  sendText,
  textOf,
  until,
  VeigoSocket,
  veigoPassword,
} from '../harness/index.ts';
import { inEveryTopology } from '../harness/topologies.ts';

const account = 'id email isEmailVerified phone isPhoneVerified createdAt updatedAt';
const profile = 'id photoPath name about createdAt updatedAt';
const room = 'id photoPath name description type privacy createdAt updatedAt';
const member = 'id name memberId roomId createdAt updatedAt';
const message = 'id roomId senderId content createdAt updatedAt';
const metadata = 'metadata { cursor hasMore }';
const token = 'token { access refresh }';
const unauthorized = '2 UNKNOWN: {"name":"Error","message":"Unauthorized action"}';
const invalidToken = '2 UNKNOWN: {"name":"Error","message":"Invalid token"}';

inEveryTopology('Veigo', (server) => {
  const person = (name: string) => createVeigoPerson(server(), name);
  const ask = (query: string, variables?: object) => askVeigo(server(), query, null, variables);
  const refusal = (answer: { readonly errors?: readonly { readonly message: string }[] }) =>
    answer.errors?.[0]?.message;

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

  test('accounts and tokens', async () => {
    const email = `carol.${randomUUID()}@veigo.com`;
    const variables = { email, password: veigoPassword, clientId: 'phone' };
    const declared = '$email: String!, $password: String!, $clientId: String!';
    const given = 'email: $email, password: $password, clientId: $clientId';
    const signUp = `mutation S(${declared}) { SignUp(${given}, phone: "+1") { account { ${account} } ${token} } }`;
    const { data } = await ask(signUp, variables);
    expect(data.SignUp.account).toMatchObject({
      email,
      isEmailVerified: 'false',
      phone: null,
      isPhoneVerified: 'false',
    });
    expect(refusal(await ask(signUp, variables))).toBe(
      '2 UNKNOWN: {"name":"Data Integrity Error","message":"The data you are trying to add already exists."}',
    );
    const signIn = `mutation S(${declared}) { SignIn(${given}) { account { ${account} } ${token} } }`;
    expect(refusal(await ask(signIn, { ...variables, password: 'Wrong@12345' }))).toContain(
      'Invalid email or password',
    );
    const signedIn = (await ask(signIn, { ...variables, clientId: 'laptop' })).data.SignIn;
    expect(signedIn.account).toEqual(data.SignUp.account);
    const asCarol = (query: string) => askVeigo(server(), query, signedIn.token.access);
    const listed = await asCarol(`{ ListDevices(page: { size: 5 }) { records { clientId } ${metadata} } }`);
    expect(listed.data.ListDevices.records.map((device: { clientId: string }) => device.clientId).sort()).toEqual([
      'laptop',
      'phone',
    ]);

    const validate = 'mutation V($token: String!) { ValidateAccessToken(token: $token) { success } }';
    expect((await ask(validate, { token: data.SignUp.token.access })).data).toEqual({
      ValidateAccessToken: { success: true },
    });
    expect(refusal(await ask(validate, { token: 'forged' }))).toBe(invalidToken);
    const refresh =
      'mutation RefreshToken($refresh_token: String!) { RefreshToken(token: $refresh_token) { access refresh } }';
    const refresh_token = data.SignUp.token.refresh;
    const fresh = (await ask(refresh, { refresh_token })).data.RefreshToken;
    expect(fresh.refresh).not.toBe(refresh_token);

    const socket = await VeigoSocket.open(server(), fresh.access);
    expect((await asCarol('mutation { SignOut(clientId: "phone") { success } }')).data.SignOut.success).toBe(true);
    expect(await socket.closed()).toBe(4501);
    // Of another process's tokens the change stream tells.
    await until(
      'the token is refused',
      async () => refusal(await ask(validate, { token: fresh.access })) === invalidToken,
    );
    await until('the upgrade is refused', () =>
      VeigoSocket.open(server(), fresh.access).then(
        (late) => late.close(),
        (error: Error) => error.message.includes('401'),
      ),
    );
    const wrong = 'mutation { ChangePassword(oldPassword: "Wrong@12345", newPassword: "Other@12345") { success } }';
    expect(refusal(await asCarol(wrong))).toContain('Invalid email or password');
    expect((await asCarol(wrong.replace('Wrong@12345', veigoPassword))).data.ChangePassword.success).toBe(true);
    expect(refusal(await asCarol(`mutation { DeleteAccount(password: "Wrong@12345") { ${account} } }`))).toBeDefined();
    const gone = await asCarol(`mutation { DeleteAccount(password: "Other@12345") { ${account} } }`);
    expect(gone.data.DeleteAccount).toEqual(signedIn.account);
    expect(refusal(await ask(signIn, { ...variables, password: 'Other@12345' }))).toContain(
      'Invalid email or password',
    );
  });

  test('what is proved by a code from an e-mail', async () => {
    const dave = await person('Dave');
    const codes = `email: "${dave.email}"`;
    const first = await mailedCode(server(), dave.email, /Confirm/);
    await dave.must(`mutation { SendEmailVerification(${codes}) { success } }`);
    const second = await mailedCode(server(), dave.email, /Confirm/, first);
    expect(refusal(await ask(`mutation { VerifyEmail(${codes}, otp: "${first}") { success } }`))).toBe(invalidToken);
    expect((await ask(`mutation { VerifyEmail(${codes}, otp: "${second}") { success } }`)).errors).toBeUndefined();
    await ask(`mutation { ForgetPassword(${codes}) { success } }`);
    const otp = await mailedCode(server(), dave.email, /Set a new password/);
    const reset = (password: string) =>
      ask(`mutation { ResetPassword(${codes}, otp: "${otp}", newPassword: "${password}") { success } }`);
    expect(refusal(await reset('weak'))).toContain('newPassword must have');
    expect((await reset('Other@12345')).data.ResetPassword.success).toBe(true);
    const signIn = `mutation { SignIn(${codes}, password: "Other@12345", clientId: "c") { account { isEmailVerified } } }`;
    expect((await ask(signIn)).data.SignIn.account.isEmailVerified).toBe('true');
  });

  test('profiles, each its owner’s', async () => {
    const [eve, finn] = [await person('Eve'), await person('Finn')];
    const about = "Hello there i'm using Veigo Chat";
    const read = `query R($id: String!) { ReadProfile(id: $id) { ${profile} } }`;
    expect((await finn.must(read, { id: eve.id })).ReadProfile).toMatchObject({
      id: eve.id,
      name: 'Eve',
      about,
      photoPath: null,
    });
    expect((await eve.must('mutation { CreateProfile(name: "Bob") { name } }')).CreateProfile).toEqual({ name: 'Bob' });
    const photoPath = 'https://example.org/eve.png';
    const update = `mutation U($id: String!, $photoPath: String) {
      UpdateProfile(id: $id, name: "Eve II", about: "here", photoPath: $photoPath) { ${profile} } }`;
    expect((await eve.must(update, { id: eve.id, photoPath })).UpdateProfile).toMatchObject({
      name: 'Eve II',
      photoPath,
    });
    expect(refusal(await finn.ask(update, { id: eve.id }))).toBe(unauthorized);
    const remove = `mutation D($id: String!) { DeleteProfile(id: $id) { ${profile} } }`;
    expect(refusal(await finn.ask(remove, { id: eve.id }))).toBe(unauthorized);
    expect((await eve.must(remove, { id: eve.id })).DeleteProfile).toMatchObject({ name: 'Eve II', about: 'here' });
    expect((await eve.must(read, { id: eve.id })).ReadProfile).toMatchObject({ about, photoPath: null });
    expect(refusal(await eve.ask(read, { id: randomUUID() }))).toContain('Data Integrity Error');
  });

  test('rooms and members', async () => {
    const [gina, hugo, ivan] = [await person('Gina'), await person('Hugo'), await person('Ivan')];
    const create = `mutation C($members: [String], $type: type!, $privacy: privacy) {
      CreateRoom(name: "Room", description: "of ours", type: $type, privacy: $privacy, members: $members) {
        information { ${room} } members { ${member} } } }`;
    const { CreateRoom } = await gina.must(create, { type: 'group', members: [hugo.id] });
    const id = CreateRoom.information.id;
    expect(CreateRoom.information).toMatchObject({
      name: 'Room',
      description: 'of ours',
      type: 'group',
      privacy: 'private',
    });
    expect(CreateRoom.members.map((one: { memberId: string; name: string }) => [one.memberId, one.name])).toEqual([
      [gina.id, 'Gina'],
      [hugo.id, 'Hugo'],
    ]);
    const add = `mutation A($id: String!, $members: [String]!) { AddMembersToRoom(roomId: $id, membersId: $members) { ${member} } }`;
    const added = await gina.must(add, { id, members: [ivan.id, hugo.id] });
    expect(added.AddMembersToRoom).toMatchObject([
      { memberId: ivan.id, roomId: id, name: 'Ivan' },
      { memberId: hugo.id },
    ]);
    const list = `query L($id: String!, $page: PaginationRequest) { ListRoomMembers(roomId: $id, page: $page) { records { ${member} } ${metadata} } }`;
    const first = (await ivan.must(list, { id, page: { size: 2 } })).ListRoomMembers;
    expect(first.metadata).toEqual({ cursor: expect.any(String), hasMore: true });
    const rest = (await ivan.must(list, { id, page: { size: 2, cursor: first.metadata.cursor } })).ListRoomMembers;
    expect([...first.records, ...rest.records]).toHaveLength(3);
    expect(rest.metadata).toEqual({ cursor: null, hasMore: false });

    const leave = `mutation D($id: String!) { DeleteUserRoom(roomId: $id) { ${member} } }`;
    expect((await hugo.must(leave, { id })).DeleteUserRoom).toMatchObject({ memberId: hugo.id, roomId: id });
    expect(refusal(await hugo.ask(list, { id }))).toContain('The room does not exist');
    const update = `mutation U($id: String!, $privacy: privacy) { UpdateRoom(id: $id, name: "Hall", privacy: $privacy) { ${room} } }`;
    expect(refusal(await hugo.ask(update, { id }))).toBe(unauthorized);
    await gina.must('mutation M($id: String!) { CreateMessage(roomId: $id, content: "old") { id } }', { id });
    expect((await gina.must(update, { id, privacy: 'public' })).UpdateRoom).toMatchObject({
      name: 'Hall',
      privacy: 'public',
    });
    // Public: read by everybody, written and listened to by members.
    const messages = `query L($id: String!) { ListMessages(roomId: $id) { records { content } } }`;
    expect((await hugo.must(messages, { id })).ListMessages.records).toEqual([{ content: 'old' }]);
    expect(
      refusal(await hugo.ask('mutation M($id: String!) { CreateMessage(roomId: $id, content: "x") { id } }', { id })),
    ).toBe(unauthorized);
    const socket = await VeigoSocket.open(server(), hugo.access);
    await socket.join(id);
    expect(socket.errors(`Unauthorized to join ${id}`)).toHaveLength(1);
    socket.close();

    const direct = (await gina.must(create, { type: 'direct', members: [hugo.id] })).CreateRoom.information;
    expect(direct).toMatchObject({ type: 'direct', name: 'Hugo', privacy: 'private' });
    expect((await hugo.must(create, { type: 'direct', members: [gina.id] })).CreateRoom.information.id).toBe(direct.id);
    expect(refusal(await gina.ask(create, { type: 'direct', members: [hugo.id], privacy: 'public' }))).toContain(
      'private',
    );
    const rooms = (await gina.must(`{ ListRooms(id: "any") { records { ${room} } ${metadata} } }`)).ListRooms;
    expect(rooms.records.map((one: { id: string }) => one.id).sort()).toEqual([id, direct.id].sort());
  });

  test('messages: sent, listed, changed and deleted, by who may', async () => {
    const [jane, kurt] = [await person('Jane'), await person('Kurt')];
    const { CreateRoom } = await jane.must(
      'mutation C($members: [String]) { CreateRoom(name: "r", type: group, members: $members) { information { id } } }',
      { members: [kurt.id] },
    );
    const roomId = CreateRoom.information.id;
    const sockets = [
      await VeigoSocket.open(server(), jane.access),
      await VeigoSocket.open(server(), kurt.access),
    ] as const;
    await sockets[0].join(roomId, roomId);
    const create = `mutation M($roomId: String!, $content: String!) { CreateMessage(roomId: $roomId, content: $content) { ${message} } }`;
    const sent: { readonly id: string }[] = [];
    for (const content of ['one', 'two', 'three']) {
      sent.push((await jane.must(create, { roomId, content })).CreateMessage);
    }
    const list = `query L($roomId: String!, $page: PaginationRequest) { ListMessages(roomId: $roomId, page: $page) { records { ${message} } ${metadata} } }`;
    const newest = (await kurt.must(list, { roomId, page: { size: 2 } })).ListMessages;
    expect(newest.records).toEqual([sent[2], sent[1]]);
    const older = (await kurt.must(list, { roomId, page: { size: 2, cursor: newest.metadata.cursor } })).ListMessages;
    expect(older.records).toEqual([sent[0]]);

    const about = { roomId, messageId: sent[0]?.id };
    const update = `mutation U($roomId: String!, $messageId: String!) { UpdateMessage(roomId: $roomId, messageId: $messageId, content: "ONE") { ${message} } }`;
    const remove = `mutation D($roomId: String!, $messageId: String!) { DeleteMessage(roomId: $roomId, messageId: $messageId) { ${message} } }`;
    expect(refusal(await kurt.ask(update, about))).toBe(unauthorized);
    expect(refusal(await kurt.ask(remove, about))).toBe(unauthorized);
    expect((await jane.must(update, about)).UpdateMessage).toMatchObject({ id: about.messageId, content: 'ONE' });
    expect((await jane.must(remove, about)).DeleteMessage).toMatchObject({ content: 'ONE' });
    expect((await kurt.must(list, { roomId })).ListMessages.records).toHaveLength(2);
    expect(refusal(await jane.ask(update, { roomId, messageId: randomUUID() }))).toContain(
      'The message does not exist',
    );
    expect(refusal(await jane.ask(create, { roomId, content: '' }))).toContain('content is missing');

    // Joined twice is told once, in order; who has not joined hears nothing.
    for (const content of ['one', 'two', 'three']) {
      expect((await sockets[0].take('MESSAGE')).payload[0]?.content?.content).toBe(content);
    }
    expect((await sockets[0].take('MESSAGE_UPDATED')).payload[0]?.content).toMatchObject({
      messageId: sent[0]?.id,
      content: 'ONE',
    });
    expect((await sockets[0].take('MESSAGE_DELETED')).payload[0]?.content).toEqual({ messageId: sent[0]?.id, roomId });
    expect(sockets[0].frames.filter(({ type }) => type === 'MESSAGE')).toHaveLength(3);
    await sockets[1].settle();
    expect(sockets[1].frames.filter(({ type }) => type === 'MESSAGE')).toEqual([]);

    // The newer generation sends over the socket.
    sockets[1].say('JOIN_ROOM', { id: roomId });
    sockets[1].say('SEND_MESSAGE', { roomId, content: 'four' });
    const ack = await sockets[1].take('SENT_ACK');
    const told = await sockets[0].take('MESSAGE');
    expect(told.payload[0]?.content).toMatchObject({ ...ack.payload[0], content: 'four', senderId: kurt.id });
    expect((await sockets[1].take('MESSAGE')).payload).toEqual(told.payload);
    sockets[0].say('LEAVE_ROOM', { name: roomId });
    await sockets[0].settle();
    await jane.must(create, { roomId, content: 'five' });
    expect((await sockets[1].take('MESSAGE')).payload[0]?.content?.content).toBe('five');
    // Who has left the room hears no more, whatever their socket had joined.
    await kurt.must('mutation D($id: String!) { DeleteUserRoom(roomId: $id) { memberId } }', { id: roomId });
    await jane.must(create, { roomId, content: 'six' });
    sockets[0].say('JOIN_ROOM', { name: roomId });
    await sockets[0].settle();
    await jane.must(create, { roomId, content: 'seven' });
    await until('seven', () => sockets[0].frames.some(({ payload }) => payload[0]?.content?.content === 'seven'));
    await sockets[1].settle();
    expect(sockets[1].frames.filter(({ type }) => type === 'MESSAGE')).toHaveLength(2);
    for (const socket of sockets) socket.close();
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
    // One account, both protocols: the native sign-in takes the e-mail address.
    const signIn = { login: liam.email, password: veigoPassword };
    const { body } = await request<{ account: object }>(server(), 'POST', '/sessions', { body: signIn });
    expect(body.account).toMatchObject({ id: liam.id, username: expect.stringMatching(/^liam/) });
    socket.close();
    native.close();
  });

  test('no token, a forged one and none at all are refused on every surface', async () => {
    const query = '{ ListRooms(id: "x") { records { id } } }';
    expect(refusal(await ask(query))).toBe('No authorization token provided');
    const nina = await person('Nina');
    const forged = `${nina.access.slice(0, -6)}AAAAAA`;
    expect(refusal(await askVeigo(server(), query, forged))).toBe(invalidToken);
    await expect(VeigoSocket.open(server(), forged)).rejects.toThrow('401');
    await expect(VeigoSocket.open(server(), '')).rejects.toThrow('401');
    await expect(VeigoSocket.open(server(), nina.refresh)).rejects.toThrow('401');
  });
});
