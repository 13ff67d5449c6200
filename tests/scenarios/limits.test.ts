import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createGroup,
  createPerson,
  type Frame,
  historyOf,
  type Message,
  type Person,
  RawSocket,
  RawTcp,
  request,
  sendText,
  startSystem,
  type TestServer,
  until,
} from '../harness/index.ts';

/** What the server does when there is too much of something: it refuses or closes by name, and nobody else suffers. */
describe('limits', () => {
  let server: TestServer;
  let mute: { readonly tcp: RawTcp; readonly silent: RawSocket };

  beforeAll(async () => {
    server = await startSystem({ flags: { 'sends-per-second': '12' } });
    const person = await createPerson(server, 'mute');
    // Both take their time to be noticed: they are asked last.
    mute = { tcp: await RawTcp.upgrade(server, person.access), silent: await RawSocket.open(server.url) };
  });
  afterAll(async () => {
    mute?.tcp.destroy();
    await server?.stop();
  });

  const revsOf = (frames: readonly Frame[]) =>
    frames.filter((frame) => frame.op === 'message').map((frame) => frame.rev as number);

  test('who does not read is closed with 4001, comes back by resume and has lost nothing; others notice nothing', async () => {
    const [ann, bob, eve] = [
      await createPerson(server, 'ann'),
      await createPerson(server, 'bob'),
      await createPerson(server, 'eve'),
    ];
    const group = await createGroup(ann, [bob, eve]);
    const [slow, brisk] = [await eve.socket(), await bob.socket()];
    const tcp = (slow.socket as unknown as { _socket: { pause(): void; resume(): void } })._socket;
    tcp.pause();
    const value = 'x'.repeat(60_000);
    const closedSlow = async () => /parley_realtime_slow_closes_total [1-9]/.test(await server.metrics());
    const ids: string[] = [];
    // More than the kernel takes for a reader that reads nothing, and the connection's budget above it.
    for (let id = randomUUID(); ids.length % 10 > 0 || !(await closedSlow()); id = randomUUID()) {
      await until('the message is taken', async () => {
        const body = { id, content: { type: 'json', value } };
        const answer = await ann.api('POST', `/conversations/${group.id}/messages`, body);
        return answer.status === 201 || answer.status === 200;
      });
      ids.push(id);
      if (ids.length > 600) throw new Error('36 MB were queued for a reader that reads nothing');
    }
    tcp.resume();
    expect(await slow.closed()).toBe(4001);
    const revs = revsOf(slow.frames);
    expect(revs, 'what came before the close has no hole').toEqual(revs.map((_, i) => (revs[0] as number) + i));
    const last = slow.frames.filter((frame) => frame.op === 'message').at(-1);
    expect(revs.length).toBeLessThan(ids.length);

    const again = await eve.socket();
    const position = {
      epoch: group.epoch,
      seq: (last?.seq as number) ?? 0,
      rev: (last?.rev as number) ?? group.lastRev,
    };
    for (let ref = 1, more = true; more; ref++) {
      const at = again.frames.filter((frame) => frame.op === 'message').at(-1) ?? position;
      const resumed = await again.ask({
        op: 'resume',
        ref,
        positions: { [group.id]: { epoch: group.epoch, seq: at.seq, rev: at.rev } },
      });
      more = (resumed.conversations as Record<string, { continuity: string }>)[group.id]?.continuity === 'more';
    }
    const received = [...slow.frames, ...again.frames]
      .filter((frame) => frame.op === 'message')
      .map((frame) => frame.id);
    expect(received, 'each once, in order, over both connections').toEqual(ids);
    await until('the brisk one has all', () => revsOf(brisk.frames).length >= ids.length);
    expect(brisk.frames.filter((frame) => frame.op === 'message').map((frame) => frame.id)).toEqual(ids);
    expect(brisk.closeCode).toBe(null);
    for (const socket of [again, brisk]) socket.close();
  });

  test('too many sends: 429 with Retry-After, error with retryAfterMs, and the same id is taken later', async () => {
    const [ann, bob] = [await createPerson(server, 'ann'), await createPerson(server, 'bob')];
    const group = await createGroup(ann, [bob]);
    const body = (id: string) => ({ id, content: { type: 'text', text: id } });
    const path = `/conversations/${group.id}/messages`;
    const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => ann.api('POST', path, body(`m${i}`))));
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused.length).toBeGreaterThan(5);
    for (const answer of refused) {
      expect(answer.body).toMatchObject({ code: 'rate.limited', status: 429 });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    const socket = await ann.socket();
    for (let ref = 0; ref < 500; ref++) {
      socket.send({ op: 'send', ref, conversation: group.id, ...body(`s${ref}`) });
    }
    const error = await socket.take('error');
    const frame = { op: 'send', conversation: group.id, ...body(`s${error.ref}`) };
    expect(error).toMatchObject({ code: 'rate.limited', retryable: true, retryAfterMs: expect.any(Number) });
    expect((await sendText(bob, group.id, 'others may speak')).seq).toBeGreaterThan(0);
    await until(
      'the same id is taken once there is room',
      async () => (await socket.ask({ ...frame, ref: randomUUID() })).op === 'sent',
    );
    const stored = (await wholeOf(ann, group.id)).map((message) => message.id);
    const taken = answers.flatMap((answer, i) => (answer.status === 201 ? [`m${i}`] : []));
    for (const id of [...taken, frame.id]) expect(stored.filter((found) => found === id)).toHaveLength(1);
    for (const [i, { status }] of answers.entries()) if (status === 429) expect(stored).not.toContain(`m${i}`);
    socket.close();
  });

  test('guessing at one password is slowed down, for that login alone', async () => {
    const [ann, bob] = [await createPerson(server, 'ann'), await createPerson(server, 'bob')];
    const tryIt = (login: string, password: string) =>
      request(server, 'POST', '/sessions', { body: { login, password } });
    const answers = await Promise.all(Array.from({ length: 25 }, (_, i) => tryIt(ann.username, `wrong ${i}`)));
    const limited = answers.filter((answer) => answer.status === 429);
    expect(limited.length).toBeGreaterThan(0);
    expect(Number(limited[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(answers.filter((answer) => answer.status === 401).length + limited.length).toBe(25);
    expect((await tryIt(bob.username, bob.password)).status).toBe(201);
    expect((await ann.api('GET', '/me')).status, 'who is signed in stays so').toBe(200);
  });

  test('a thousand sends at once on one socket are each answered, stored in order or refused with a wait', async () => {
    const fresh = await createPerson(server, 'eager');
    const group = await createGroup(fresh, []);
    const socket = await fresh.socket();
    for (let ref = 0; ref < 1_000; ref++) {
      socket.send({
        op: 'send',
        ref,
        conversation: group.id,
        id: `m${ref}`,
        content: { type: 'text', text: `${ref}` },
      });
    }
    const answers = () => socket.frames.filter((frame) => frame.ref !== undefined);
    await until('every send is answered', () => answers().length === 1_000);
    const sent = answers().filter((frame) => frame.op === 'sent');
    expect(sent.length).toBeGreaterThan(10);
    expect(
      answers()
        .filter((frame) => frame.op === 'error')
        .every((frame) => frame.code === 'rate.limited' && frame.retryable),
    ).toBe(true);
    const stored = (await wholeOf(fresh, group.id)).map(({ id, seq }) => ({ id, seq }));
    // Answers may overtake one another on their way from another process; what is stored keeps the order of the sends.
    const bySend = sent.sort((a, b) => (a.ref as number) - (b.ref as number));
    expect(stored).toEqual(bySend.map((frame) => ({ id: frame.id, seq: frame.seq })));
    expect(socket.closeCode).toBe(null);
    socket.close();
  });

  test('a socket that never says who it is, and one that falls silent, are closed with 4502 and 4002', {
    timeout: 180_000,
  }, async () => {
    expect(await mute.silent.closed()).toBe(4502);
    await until('the silent one is ended', () => mute.tcp.ended, 150_000);
    expect(await mute.tcp.closeCode()).toBe(4002);
  });
});

async function wholeOf(person: Person, conversation: string): Promise<Message[]> {
  const whole: Message[] = [];
  for (;;) {
    const page = await historyOf(person, conversation, `after=${whole.length}&limit=200`);
    whole.push(...page);
    if (page.length < 200) return whole;
  }
}
