import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createVeigoPerson, refusalOf, type System, until, VeigoSocket } from '../../harness/index.ts';

const room = 'id photoPath name description type privacy createdAt updatedAt';
const member = 'id name memberId roomId createdAt updatedAt';
const message = 'id roomId senderId content createdAt updatedAt';
const metadata = 'metadata { cursor hasMore }';
const unauthorized = '2 UNKNOWN: {"name":"Error","message":"Unauthorized action"}';

/** Rooms, members and messages, and what the socket hears of them. */
export function describeVeigoRooms(server: () => System): void {
  const person = (name: string) => createVeigoPerson(server(), name);

  test('rooms and members', async () => {
    const [gina, hugo, ivan] = [await person('Gina'), await person('Hugo'), await person('Ivan')];
    const photoPath = 'https://example.org/room.png';
    const create = `mutation C($members: [String], $type: type!, $privacy: privacy) {
      CreateRoom(name: "Room", description: "of ours", photoPath: "${photoPath}", type: $type, privacy: $privacy, members: $members) {
        information { ${room} } members { ${member} } } }`;
    const { CreateRoom } = await gina.must(create, { type: 'group', members: [hugo.id] });
    const id = CreateRoom.information.id;
    expect(CreateRoom.information).toMatchObject({
      name: 'Room',
      description: 'of ours',
      photoPath,
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
    expect(refusalOf(await hugo.ask(list, { id }))).toContain('The room does not exist');
    const update = `mutation U($id: String!, $photoPath: String, $privacy: privacy) {
      UpdateRoom(id: $id, photoPath: $photoPath, name: "Hall", privacy: $privacy) { ${room} } }`;
    expect(refusalOf(await hugo.ask(update, { id }))).toBe(unauthorized);
    await gina.must('mutation M($id: String!) { CreateMessage(roomId: $id, content: "old") { id } }', { id });
    expect(refusalOf(await gina.ask(update, { id, photoPath: 'room.png' }))).toContain('http(s) URL');
    expect((await gina.must(update, { id, privacy: 'public' })).UpdateRoom).toMatchObject({
      name: 'Hall',
      photoPath,
      privacy: 'public',
    });
    // Public: read by everybody from then on, written and listened to by members.
    await gina.must('mutation M($id: String!) { CreateMessage(roomId: $id, content: "new") { id } }', { id });
    const messages = `query L($id: String!) { ListMessages(roomId: $id) { records { content } } }`;
    expect((await hugo.must(messages, { id })).ListMessages.records).toEqual([{ content: 'new' }]);
    expect(
      refusalOf(await hugo.ask('mutation M($id: String!) { CreateMessage(roomId: $id, content: "x") { id } }', { id })),
    ).toBe(unauthorized);
    const socket = await VeigoSocket.open(server(), hugo.access);
    await socket.join(id);
    expect(socket.errors(`Unauthorized to join ${id}`)).toHaveLength(1);
    socket.close();

    const direct = (await gina.must(create, { type: 'direct', members: [hugo.id] })).CreateRoom.information;
    expect(direct).toMatchObject({ type: 'direct', name: 'Hugo', privacy: 'private' });
    expect((await hugo.must(create, { type: 'direct', members: [gina.id] })).CreateRoom.information.id).toBe(direct.id);
    expect(refusalOf(await gina.ask(create, { type: 'direct', members: [hugo.id], privacy: 'public' }))).toContain(
      'private',
    );
    const other = `${photoPath}?2`;
    expect((await gina.must(update, { id, photoPath: other })).UpdateRoom).toMatchObject({ photoPath: other });
    const rooms = (await gina.must(`{ ListRooms(id: "any") { records { ${room} } ${metadata} } }`)).ListRooms;
    const photos = rooms.records.map((one: { id: string; photoPath: string | null }) => [one.id, one.photoPath]);
    expect(new Map(photos)).toEqual(
      new Map([
        [id, other],
        [direct.id, null],
      ]),
    );
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
    expect(refusalOf(await kurt.ask(update, about))).toBe(unauthorized);
    expect(refusalOf(await kurt.ask(remove, about))).toBe(unauthorized);
    expect((await jane.must(update, about)).UpdateMessage).toMatchObject({ id: about.messageId, content: 'ONE' });
    expect((await jane.must(remove, about)).DeleteMessage).toMatchObject({ content: 'ONE' });
    expect((await kurt.must(list, { roomId })).ListMessages.records).toHaveLength(2);
    expect(refusalOf(await jane.ask(update, { roomId, messageId: randomUUID() }))).toContain(
      'The message does not exist',
    );
    expect(refusalOf(await jane.ask(create, { roomId, content: '' }))).toContain('content is missing');

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
}
