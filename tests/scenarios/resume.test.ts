import { expect, test } from 'vitest';
import {
  type Conversation,
  createGroup,
  createPerson,
  type Frame,
  type Person,
  sendText,
  textOf,
} from '../harness/index.ts';
import { inEveryTopology } from '../harness/shared-system.ts';

type Resumed = Record<
  string,
  { continuity: string; lastSeq: number; lastRev: number; seq: number; rev: number; unread: number; left?: boolean }
>;
const conversationsOf = (frame: Frame) => frame.conversations as Resumed;

inEveryTopology('resume', (server) => {
  /**
   * Call the answer with the last text that was sent: it resolves when that has gone out live wherever this person may connect,
   * so that who connects afterwards gets it by resume alone. Several sockets, so that they reach every process behind a balancer.
   */
  async function listen(person: Person) {
    const sockets = await Promise.all(Array.from({ length: 4 }, () => person.socket()));
    return async (last: string) => {
      for (const socket of sockets) {
        await socket.take('message', (frame) => textOf(frame) === last);
        socket.close();
      }
    };
  }

  async function pair() {
    const [ann, bob] = [await createPerson(server(), 'ann'), await createPerson(server(), 'bob')];
    const group = await createGroup(ann, [bob]);
    const { epoch } = await bob.must<Conversation>('GET', `/conversations/${group.id}`);
    return { ann, bob, group, epoch };
  }

  test('who was away gets what they missed, in order, once, and then what is live', async () => {
    const { ann, bob, group, epoch } = await pair();
    await sendText(ann, group.id, 'seen');
    for (let i = 0; i < 20; i++) await sendText(ann, group.id, `missed ${i}`);
    const socket = await bob.socket();
    const sending = (async () => {
      for (let i = 0; i < 20; i++) await sendText(ann, group.id, `live ${i}`);
    })();
    const resumed = await socket.ask({ op: 'resume', ref: 1, positions: { [group.id]: { epoch, seq: 1, rev: 2 } } });
    await sending;
    await socket.take('message', (frame) => textOf(frame) === 'live 19');
    expect(conversationsOf(resumed)[group.id]).toMatchObject({ continuity: 'kept' });
    const texts = socket.frames.filter((frame) => frame.op === 'message').map(textOf);
    const wanted = [
      ...Array.from({ length: 20 }, (_, i) => `missed ${i}`),
      ...Array.from({ length: 20 }, (_, i) => `live ${i}`),
    ];
    // live frames that came before the resume was asked for may stand in front; from the resume on nothing is missing or double
    expect(texts.filter((text, i) => texts.indexOf(text) === i).sort()).toEqual([...wanted].sort());
    expect(texts.slice(texts.indexOf('missed 0'))).toEqual(expect.arrayContaining(wanted.slice(0, 20)));
    socket.close();
  });

  test('an edit and a deletion while away arrive in their present state', async () => {
    const { ann, bob, group, epoch } = await pair();
    const allHeard = await listen(bob);
    for (const text of ['one', 'two', 'three']) await sendText(ann, group.id, text);
    await ann.must('PATCH', `/conversations/${group.id}/messages/1`, {
      content: { type: 'text', text: 'one, edited' },
    });
    await ann.must('DELETE', `/conversations/${group.id}/messages/2`);
    await sendText(ann, group.id, 'four');
    await allHeard('four');
    const socket = await bob.socket();
    const resumed = await socket.ask({ op: 'resume', ref: 1, positions: { [group.id]: { epoch, seq: 3, rev: 4 } } });
    const backlog = socket.frames.filter((frame) => ['message', 'edited', 'deleted'].includes(frame.op));
    expect(backlog.map((frame) => [frame.op, frame.seq])).toEqual([
      ['edited', 1],
      ['deleted', 2],
      ['message', 4],
    ]);
    expect(textOf(backlog[0]!)).toBe('one, edited');
    expect(conversationsOf(resumed)[group.id]).toMatchObject({ continuity: 'kept', seq: 4, lastSeq: 4, unread: 3 });
    socket.close();
  });

  /** 700 messages; bob's next socket gets them by resume alone. */
  async function pairOfMany() {
    const { ann, bob, group, epoch } = await pair();
    const allHeard = await listen(bob);
    const sender = await ann.socket();
    for (let i = 1; i <= 700; i++) {
      const content = { type: 'text', text: `${i}` };
      sender.send({ op: 'send', ref: i, conversation: group.id, id: `m${i}`, content });
    }
    await allHeard('700');
    sender.close();
    return { ann, bob, group, epoch };
  }

  test('more than five hundred changes come in parts', async () => {
    const { bob, group, epoch } = await pairOfMany();
    const socket = await bob.socket();
    let position = { epoch, seq: 0, rev: 1 };
    for (let ref = 1; ; ref++) {
      const answer = conversationsOf(await socket.ask({ op: 'resume', ref, positions: { [group.id]: position } }))[
        group.id
      ]!;
      position = { epoch, seq: answer.seq, rev: answer.rev };
      if (answer.continuity === 'kept') break;
      expect(answer.continuity).toBe('more');
      expect(ref).toBeLessThan(4);
    }
    const seqs = socket.frames.filter((frame) => frame.op === 'message').map((frame) => frame.seq);
    expect(seqs).toEqual(Array.from({ length: 700 }, (_, i) => i + 1));
    socket.close();
  });

  /** What a reader at seq 10 is told, whose messages changed only after the last of them was sent. */
  async function changedLate() {
    const { ann, bob, group, epoch } = await pairOfMany();
    const path = `/conversations/${group.id}`;
    for (const seq of [3, 100, 650]) {
      await ann.must('PATCH', `${path}/messages/${seq}`, { content: { type: 'text', text: `${seq}, edited` } });
      await ann.must('PUT', `${path}/messages/${seq + 1}/reactions/${encodeURIComponent('👍')}`);
      await ann.must('DELETE', `${path}/messages/${seq + 2}`);
    }
    const isOver = await listen(bob);
    await sendText(ann, group.id, 'over');
    await isOver('over');
    const texts = new Map<number, string | null>(Array.from({ length: 690 }, (_, i) => [i + 11, `${i + 11}`]));
    for (const seq of [100, 650]) texts.set(seq, `${seq}, edited`).set(seq + 2, null);
    texts.set(701, 'over');
    return { bob, group, path, start: { epoch, seq: 10, rev: 11 }, wanted: [...texts] };
  }

  type Told = Readonly<Record<string, unknown>>;
  const toLine = ({ seq, content }: Told) => [seq, (content as { text: string } | null)?.text ?? null];
  const bySeq = (a: Told, b: Told) => (a.seq as number) - (b.seq as number);

  test('in parts too a message that changed late comes as new, once', async () => {
    const { bob, group, start, wanted } = await changedLate();
    const socket = await bob.socket();
    for (let ref = 1, at = start, continuity = 'more'; continuity === 'more'; ref++) {
      const answer = await socket.ask({ op: 'resume', ref, positions: { [group.id]: at } });
      const entry = conversationsOf(answer)[group.id]!;
      [at, continuity] = [{ ...start, seq: entry.seq, rev: entry.rev }, entry.continuity];
    }
    const told = (op: string) => socket.frames.filter((frame) => frame.op === op).sort(bySeq);
    expect(told('message').map(toLine)).toEqual(wanted);
    expect(told('edited').map((frame) => frame.seq)).toEqual([3, 4]);
    expect(told('deleted').map((frame) => frame.seq)).toEqual([5]);
    socket.close();
  });

  test('and so it does over REST', async () => {
    const { bob, path, start, wanted } = await changedLate();
    const fresh: { seq: number }[] = [];
    const older: number[] = [];
    for (let at = start, continuity = 'more'; continuity === 'more'; ) {
      const query = `epoch=${at.epoch}&seq=${at.seq}&rev=${at.rev}&limit=200`;
      const page = await bob.must<{ items: { seq: number }[]; seq: number; rev: number; continuity: string }>(
        'GET',
        `${path}/changes?${query}`,
      );
      for (const item of page.items) item.seq > at.seq ? fresh.push(item) : older.push(item.seq);
      [at, continuity] = [{ ...at, seq: page.seq, rev: page.rev }, page.continuity];
    }
    expect(fresh.sort(bySeq).map(toLine)).toEqual(wanted);
    expect(older).toEqual([3, 4, 5]);
  });

  test('an impossible position is lost, never silently partial', async () => {
    const { ann, bob, group, epoch } = await pair();
    const allHeard = await listen(bob);
    await sendText(ann, group.id, 'one');
    await allHeard('one');
    const socket = await bob.socket();
    const other = await createGroup(bob, []);
    await socket.take('conversation', (frame) => (frame.conversation as { id: string }).id === other.id);
    const resumed = await socket.ask({
      op: 'resume',
      ref: 1,
      positions: { [group.id]: { epoch, seq: 99, rev: 99 }, [other.id]: { epoch: 'of-another-time', seq: 0 } },
    });
    expect(conversationsOf(resumed)[group.id]?.continuity).toBe('lost');
    expect(conversationsOf(resumed)[other.id]?.continuity).toBe('lost');
    expect(socket.frames.filter((frame) => frame.op === 'message')).toEqual([]);
    socket.close();
  });

  test('resumed covers every conversation: joined meanwhile, and left', async () => {
    const { ann, bob, group, epoch } = await pair();
    const joined = await createGroup(ann, [bob]);
    await ann.must('DELETE', `/conversations/${group.id}/members/${bob.id}`);
    const socket = await bob.socket();
    const resumed = conversationsOf(
      await socket.ask({ op: 'resume', ref: 1, positions: { [group.id]: { epoch, seq: 0, rev: 1 } } }),
    );
    expect(resumed[joined.id]).toBeDefined();
    expect(resumed[group.id]).toMatchObject({ left: true });
    expect(conversationsOf(await socket.ask({ op: 'resume', ref: 2 }))[joined.id]).toBeDefined();
    socket.close();
  });

  test('changes over REST give the same answer', async () => {
    const { ann, bob, group, epoch } = await pair();
    await sendText(ann, group.id, 'one');
    await sendText(ann, group.id, 'two');
    await ann.must('PATCH', `/conversations/${group.id}/messages/1`, {
      content: { type: 'text', text: 'one, edited' },
    });
    const changes = await bob.must<{ items: { seq: number }[]; seq: number; rev: number; continuity: string }>(
      'GET',
      `/conversations/${group.id}/changes?epoch=${epoch}&seq=1&rev=2`,
    );
    expect(changes.items.map((item) => item.seq).sort()).toEqual([1, 2]);
    expect(changes).toMatchObject({ continuity: 'kept', seq: 2, rev: 4 });
  });
});
