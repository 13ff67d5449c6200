import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  type Conversation,
  createGroup,
  createPerson,
  historyOf,
  type Message,
  sendText,
  textOf,
} from '../harness/index.ts';
import { inEveryTopology } from '../harness/shared-system.ts';

inEveryTopology('conversations', (server) => {
  const person = (name: string) => createPerson(server(), name);

  test('two people talk: each sees both messages live, in one order, and in history', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const direct = await ann.must<Conversation>('POST', '/conversations', {
      kind: 'direct',
      members: [`@${bob.username}`],
    });
    const [annSocket, bobSocket] = [await ann.socket(), await bob.socket()];
    const sent = await annSocket.ask({
      op: 'send',
      ref: 1,
      conversation: direct.id,
      id: 'm1',
      content: { type: 'text', text: 'hello' },
    });
    expect(sent).toMatchObject({ op: 'sent', ref: 1, id: 'm1', seq: 1 });
    expect(textOf(await bobSocket.take('message'))).toBe('hello');
    await bobSocket.ask({
      op: 'send',
      ref: 2,
      conversation: direct.id,
      id: 'm1',
      content: { type: 'text', text: 'hi' },
    });
    await annSocket.take('message', (frame) => frame.seq === 2);
    for (const reader of [ann, bob]) {
      const items = await historyOf(reader, direct.id);
      expect(items.map((item) => [item.seq, item.sender.username, textOf(item)])).toEqual([
        [1, ann.username, 'hello'],
        [2, bob.username, 'hi'],
      ]);
    }
    expect((await bob.must<Conversation>('POST', '/conversations', { kind: 'direct', members: [ann.id] })).id).toBe(
      direct.id,
    );
    annSocket.close();
    bobSocket.close();
  });

  test('the sender’s other devices get the message too, the sending one as well', async () => {
    const ann = await person('ann');
    const group = await createGroup(ann, []);
    const sockets = [await ann.socket(), await ann.socket()];
    sockets[0]!.send({ op: 'send', ref: 1, conversation: group.id, id: 'x', content: { type: 'text', text: 'note' } });
    for (const socket of sockets) expect(textOf(await socket.take('message'))).toBe('note');
    for (const socket of sockets) socket.close();
  });

  test('a group: everybody gets everything once, in one order, however many send at once', async () => {
    const people = await Promise.all(['ann', 'bob', 'cyd', 'dan'].map(person));
    const group = await createGroup(people[0]!, people.slice(1));
    const sockets = await Promise.all(people.map((each) => each.socket()));
    for (const [p, socket] of sockets.entries()) {
      for (let i = 0; i < 25; i++) {
        socket.send({
          op: 'send',
          ref: i,
          conversation: group.id,
          id: `${p}-${i}`,
          content: { type: 'text', text: `${p}.${i}` },
        });
      }
    }
    for (const socket of sockets) await socket.take('message', (frame) => frame.seq === 100);
    const seen = sockets.map((socket) =>
      socket.frames.filter((frame) => frame.op === 'message').map((frame) => [frame.seq, frame.rev, frame.id]),
    );
    expect(seen[0]!.map(([seq]) => seq)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    for (const other of seen.slice(1)) expect(other).toEqual(seen[0]);
    expect((await historyOf(people[3]!, group.id)).map((message) => message.id)).toEqual(
      seen[0]!.map(([, , id]) => id),
    );
    // one sender's messages keep their order
    expect(seen[0]!.map(([, , id]) => String(id)).filter((id) => id.startsWith('2-'))).toEqual(
      Array.from({ length: 25 }, (_, i) => `2-${i}`),
    );
    for (const socket of sockets) socket.close();
  });

  test.each([
    ['all', [1, 2, 3, 4]],
    ['since-join', [3, 4]],
  ])('a late joiner with history %s reads %j, live and later', async (history, readable) => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const group = await createGroup(ann, [], { history });
    await sendText(ann, group.id, 'one');
    await sendText(ann, group.id, 'two');
    const socket = await bob.socket();
    await ann.must('PUT', `/conversations/${group.id}/members/${bob.id}`, { role: 'member' });
    await socket.take('conversation', (frame) => frame.change === 'joined');
    await sendText(ann, group.id, 'three');
    await sendText(ann, group.id, 'four');
    await socket.take('message', (frame) => frame.seq === 4);
    expect(socket.frames.filter((frame) => frame.op === 'message').map((frame) => frame.seq)).toEqual([3, 4]);
    expect((await historyOf(bob, group.id)).map((message) => message.seq)).toEqual(readable);
    socket.close();
  });

  test('a removed member gets nothing more; added again, everything they may', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const group = await createGroup(ann, [bob], { history: 'since-join' });
    await sendText(ann, group.id, 'while in');
    const socket = await bob.socket();
    await ann.must('DELETE', `/conversations/${group.id}/members/${bob.id}`);
    await socket.take('conversation', (frame) => frame.change === 'left');
    await sendText(ann, group.id, 'while out');
    expect((await bob.api('GET', `/conversations/${group.id}/messages`)).status).toBe(404);
    const refused = await bob.api('POST', `/conversations/${group.id}/messages`, {
      id: 'no',
      content: { type: 'text', text: 'no' },
    });
    expect([refused.status, refused.body.code]).toEqual([403, 'conversation.forbidden']);
    await ann.must('PUT', `/conversations/${group.id}/members/${bob.id}`, { role: 'member' });
    await socket.take('conversation', (frame) => frame.change === 'joined');
    await sendText(ann, group.id, 'back');
    await socket.take('message', (frame) => textOf(frame) === 'back');
    const heard = socket.frames.filter((frame) => frame.op === 'message').map(textOf);
    // the first one may still have been on its way when the socket was opened
    expect(heard.filter((text) => text !== 'while in')).toEqual(['back']);
    expect((await historyOf(bob, group.id)).map(textOf)).toEqual(['while in', 'back']);
    socket.close();
  });

  test('the same id again is answered with the first answer and stored once; other content is a conflict', async () => {
    const ann = await person('ann');
    const group = await createGroup(ann, []);
    const body = { id: 'once', content: { type: 'text', text: 'once' } };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ann.api<Message>('POST', `/conversations/${group.id}/messages`, body)),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 200, 201]);
    expect(new Set(answers.map((answer) => answer.body.seq))).toEqual(new Set([1]));
    const other = await ann.api('POST', `/conversations/${group.id}/messages`, {
      ...body,
      content: { type: 'text', text: 'twice' },
    });
    expect([other.status, other.body.code]).toEqual([409, 'message.conflict']);
    const socket = await ann.socket();
    expect(await socket.ask({ op: 'send', ref: 1, conversation: group.id, ...body })).toMatchObject({
      op: 'sent',
      seq: 1,
    });
    expect(
      await socket.ask({ op: 'send', ref: 2, conversation: group.id, id: 'once', content: { type: 'json', value: 1 } }),
    ).toMatchObject({
      op: 'error',
      code: 'message.conflict',
      retryable: false,
    });
    expect(await historyOf(ann, group.id)).toHaveLength(1);
    socket.close();
  });

  test('edit, deletion, reaction and pin reach the others and history', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const group = await createGroup(ann, [bob]);
    await sendText(ann, group.id, 'first');
    await sendText(ann, group.id, 'second');
    const socket = await bob.socket();
    const at = (seq: number) => `/conversations/${group.id}/messages/${seq}`;
    await ann.must('PATCH', at(1), { content: { type: 'text', text: 'first, edited' } });
    expect(textOf(await socket.take('edited'))).toBe('first, edited');
    await bob.must('PUT', `${at(1)}/reactions/${encodeURIComponent('👍')}`);
    expect(await socket.take('reaction')).toMatchObject({ seq: 1, user: bob.id, emoji: '👍', on: true });
    await ann.must('PUT', `${at(1)}/pin`);
    expect(await socket.take('pinned')).toMatchObject({ seq: 1 });
    await ann.must('DELETE', at(2));
    expect(await socket.take('deleted')).toMatchObject({ seq: 2 });
    const revs = socket.frames.filter((frame) => typeof frame.rev === 'number').map((frame) => frame.rev as number);
    expect(revs).toEqual([...revs].sort((a, b) => a - b));
    const [one, two] = await historyOf(bob, group.id);
    expect(one).toMatchObject({ reactions: { '👍': [bob.id] }, pinned: true, editedAt: expect.any(String) });
    expect(two).toMatchObject({ seq: 2, content: null, deletedAt: expect.any(String) });
    expect((await bob.api('PATCH', at(1), { content: { type: 'text', text: 'mine now' } })).status).toBe(403);
    socket.close();
  });

  test('receipts move forward only, reach the sender, and clear the unread count', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const group = await createGroup(ann, [bob]);
    for (const text of ['1', '2', '3']) await sendText(ann, group.id, text);
    const unread = async () => (await bob.must<Conversation>('GET', `/conversations/${group.id}`)).unread;
    expect(await unread()).toBe(3);
    const socket = await ann.socket();
    await bob.must('PUT', `/conversations/${group.id}/receipts`, { delivered: 3, read: 2 });
    expect(await socket.take('receipt', (frame) => frame.user === bob.id)).toMatchObject({ delivered: 3, read: 2 });
    expect(await unread()).toBe(1);
    await bob.must('PUT', `/conversations/${group.id}/receipts`, { read: 1 });
    expect(await unread()).toBe(1);
    socket.close();
  });

  test('typing and ephemeral messages reach the others and leave no trace', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const group = await createGroup(ann, [bob]);
    const [annSocket, bobSocket] = [await ann.socket(), await bob.socket()];
    annSocket.send({ op: 'typing', conversation: group.id, on: true });
    expect(await bobSocket.take('typing')).toMatchObject({ user: ann.id, on: true });
    const sent = await annSocket.ask({
      op: 'send',
      ref: 1,
      conversation: group.id,
      id: 'e',
      ephemeral: true,
      content: { type: 'json', value: 1 },
    });
    expect(sent).toMatchObject({ op: 'sent', seq: null, rev: null });
    expect(await bobSocket.take('message')).toMatchObject({
      seq: null,
      rev: null,
      content: { type: 'json', value: 1 },
    });
    expect(await historyOf(bob, group.id)).toEqual([]);
    annSocket.close();
    bobSocket.close();
  });

  test('search finds what the caller may read and nothing else', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const word = `z${randomUUID().slice(0, 8)}`;
    const mine = await createGroup(ann, []);
    const ours = await createGroup(ann, [bob]);
    await sendText(ann, mine.id, `secret ${word}`);
    await sendText(ann, ours.id, `shared ${word} 世界`);
    const hits = async (query: string) =>
      (await bob.must<{ items: { message: Message }[] }>('GET', `/search?q=${encodeURIComponent(query)}`)).items.map(
        (hit) => hit.message.conversation,
      );
    await expect.poll(() => hits(word)).toEqual([ours.id]);
    expect(await hits(`${word} 世界`)).toEqual([ours.id]);
    expect(await hits(`${word} absent`)).toEqual([]);
  });
});
