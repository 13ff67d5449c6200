import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Bystander,
  badObjects,
  type Conversation,
  createGroup,
  createPerson,
  describeSample,
  type Frame,
  historyOf,
  isReady,
  type Person,
  RawSocket,
  readClientFrames,
  type Schema,
  type System,
  sampleCases,
  sampleOf,
  sendText,
  shareSystem,
  startBystander,
  until,
} from '../harness/index.ts';

/** Bad input for every frame of /asyncapi.json that a client may send. */
describe('bad frames', () => {
  let server: System;
  let ops: Record<string, Schema>;
  let attacker: Person;
  let group: Conversation;
  let bystander: Bystander;
  let logged: number;

  beforeAll(async () => {
    server = await shareSystem();
    ops = await readClientFrames(server);
    attacker = await createPerson(server, 'attacker');
    group = await createGroup(attacker, []);
  });
  beforeEach(async () => {
    logged = server.log().length;
    bystander = await startBystander(server);
  });
  afterEach(async () => {
    expect(await bystander.check()).toEqual([]);
    expect(await isReady(server)).toBe(true);
    expect(server.log().slice(logged), 'nothing may look like our own fault').not.toMatch(/"level":(50|60)/);
  });

  /** A frame in which nothing is wrong. */
  function goodFrame(op: string): Record<string, unknown> {
    const sample = sampleOf(ops[op] as Schema) as Record<string, unknown>;
    const ours: Record<string, object> = {
      auth: { token: attacker.access, device: 'test' },
      send: { conversation: group.id, id: randomUUID(), replyTo: null, thread: null },
      resume: { positions: { [group.id]: { epoch: group.epoch, seq: 0, rev: 0 } }, more: false },
      receipt: { conversation: group.id, delivered: 0, read: 0 },
      typing: { conversation: group.id },
      presence: { watch: [attacker.id] },
      ping: {},
    };
    if (!ours[op]) throw new Error(`a new op ${op}: say here what a good frame of it is`);
    return { ...sample, ...ours[op] };
  }

  test('the good frames are good, so that the bad ones are refused for what is bad in them', async () => {
    const socket = await attacker.socket();
    for (const [ref, op] of Object.keys(ops).entries()) {
      socket.send({ ...goodFrame(op), ref });
      await socket.settle();
    }
    expect(socket.frames.filter((frame) => frame.op === 'error')).toEqual([]);
    expect(socket.closeCode).toBe(null);
    socket.close();
  });

  test('fields missing, unknown, of another type, hostile: an error with the ref, never a close', async () => {
    const wrong: string[] = [];
    for (const op of Object.keys(ops)) {
      let socket = await attacker.socket();
      const cases = [...badObjects(ops[op] as Schema, goodFrame(op))].filter(
        ({ what }) => !/^(no op|op =|op nested|ref|no ref)/.test(what),
      );
      expect(cases.length).toBeGreaterThan(2);
      for (const [ref, { what, text, refused }] of sampleCases(cases).entries()) {
        socket.send(text.replace(/,?"ref":[^,}]+/, '').replace(/}$/, `,"ref":${ref}}`));
        await socket.settledOrClosed();
        const answers = socket.frames.filter((frame) => frame.ref === ref);
        const name = `${op}: ${what}:`;
        if (socket.closeCode !== null) {
          if (!(op === 'auth' && /^token/.test(what))) wrong.push(`${name} closed with ${socket.closeCode}`);
          socket = await attacker.socket();
        } else if (refused && !answers.some(isRefusal)) wrong.push(`${name} ${JSON.stringify(answers)}`);
        if (answers.some((frame) => frame.code === 'internal')) wrong.push(`${name} internal`);
      }
      socket.close();
    }
    expect(wrong, describeSample()).toEqual([]);
  });

  test.each([
    ['no op', '{}'],
    ['an unknown op', '{"op":"sudo","ref":1}'],
    ['an op of the prototype', '{"op":"constructor","ref":1}'],
    ['an op of the server', '{"op":"message","ref":1}'],
    ['an op that is no text', '{"op":{"op":"ping"},"ref":1}'],
    ['a ref that is an object', '{"op":"ping","ref":{}}'],
    ['a ref without end', `{"op":"ping","ref":"${'x'.repeat(65)}"}`],
    ['nothing but depth', `{"op":"send","content":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  ])('%s is answered with request.invalid and the connection stays', async (_, text) => {
    const socket = await attacker.socket();
    socket.send(text);
    expect(await socket.take('error')).toMatchObject({ code: 'request.invalid', retryable: false });
    await socket.settle();
    socket.close();
  });

  test.each<[string, string | Buffer, number]>([
    ['no JSON', 'hello', 4500],
    ['half an object', '{"op":"ping"', 4500],
    ['an array', '[{"op":"ping"}]', 4500],
    ['null', 'null', 4500],
    ['an empty frame', '', 4500],
    ['an abyss', '['.repeat(200_000), 4500],
    ['binary', Buffer.from('{"op":"ping"}'), 4500],
    ['more than 256 KiB', `{"op":"ping","x":"${'x'.repeat(256 * 1024)}"}`, 4503],
  ])('what cannot be read ends the connection with a code: %s', async (_, data, code) => {
    const socket = await attacker.socket();
    socket.send(data);
    expect(await socket.closed()).toBe(code);
    socket.close();
  });

  test('a message of 64 KiB passes, one more byte does not, nor a text over 16 KiB', async () => {
    const socket = await attacker.socket();
    const send = (ref: number, content: object) =>
      socket.ask({ op: 'send', ref, conversation: group.id, id: randomUUID(), content });
    const value = (size: number) => ({
      type: 'json',
      value: 'x'.repeat(size - JSON.stringify({ type: 'json', value: '' }).length),
    });
    expect((await send(1, value(64 * 1024))).op).toBe('sent');
    expect(await send(2, value(64 * 1024 + 1))).toMatchObject({ op: 'error', code: 'request.too_large' });
    expect((await send(3, { type: 'text', text: 'x'.repeat(16 * 1024) })).op).toBe('sent');
    expect(isRefusal(await send(4, { type: 'text', text: 'x'.repeat(16 * 1024 + 1) }))).toBe(true);
    for (const [ref, text] of ['a\u0000', '\ud800', '\udc00x'].entries()) {
      expect(await send(10 + ref, { type: 'text', text })).toMatchObject({ code: 'request.invalid' });
    }
    const nest = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    expect((await send(20, { type: 'json', value: nest(60) })).op).toBe('sent');
    expect(await send(21, { type: 'json', value: nest(70) })).toMatchObject({ code: 'request.invalid' });
    expect(await send(22, { type: 'system', event: 'joined' })).toMatchObject({ code: 'request.invalid' });
    socket.close();
  });

  test('nothing of a conversation one is not in can be read, written, typed or acknowledged', async () => {
    const [ann, bob] = [await createPerson(server, 'ann'), await createPerson(server, 'bob')];
    const [intruder, listener] = [await attacker.socket(), await ann.socket()];
    const secret = await createGroup(ann, [bob]);
    await sendText(ann, secret.id, 'between us');
    await listener.take('message');
    const before = listener.frames.length;
    const content = { type: 'text', text: 'let me in' };
    const frames: Frame[] = [
      { op: 'send', conversation: secret.id, id: 'x', content },
      { op: 'send', conversation: secret.id, id: 'y', content, ephemeral: true },
      { op: 'typing', conversation: secret.id, on: true },
      { op: 'receipt', conversation: secret.id, read: 1 },
    ];
    for (const [ref, frame] of frames.entries()) {
      expect(await intruder.ask({ ...frame, ref })).toMatchObject({
        op: 'error',
        code: expect.stringMatching(/conversation\.(forbidden|unknown)/),
      });
    }
    const position = { epoch: secret.epoch, seq: 0, rev: 0 };
    const resumed = await intruder.ask({
      op: 'resume',
      ref: 9,
      positions: { [secret.id]: position, [randomUUID()]: position },
    });
    expect(JSON.stringify(resumed)).not.toContain('between us');
    await intruder.settle();
    expect(intruder.frames.filter((frame) => frame.op === 'message')).toEqual([]);
    await listener.settle();
    expect(listener.frames.slice(before).map((frame) => frame.op)).toEqual(['pong']);
    expect(await historyOf(ann, secret.id)).toHaveLength(1);
    for (const socket of [intruder, listener]) socket.close();
  });

  test('before the credential only auth is understood, and a wrong one ends it', async () => {
    for (const op of Object.keys(ops).filter((name) => name !== 'auth')) {
      const socket = await RawSocket.open(server.url);
      socket.send(goodFrame(op));
      expect(await socket.closed()).toBe(4502);
      expect(socket.frames).toMatchObject([{ op: 'error', code: 'token.missing' }]);
    }
    const socket = await RawSocket.open(server.url);
    for (const text of ['{"op":"auth"}', '{"op":"auth","token":1}', '{"op":"nonsense"}']) socket.send(text);
    await until('three errors', () => socket.frames.length === 3);
    socket.send({ op: 'auth', token: 'forged' });
    expect(await socket.closed()).toBe(4502);
    expect(socket.frames.map((frame) => frame.code)).toEqual([
      'request.invalid',
      'request.invalid',
      'request.invalid',
      'token.invalid',
    ]);
  });

  test('a token of somebody else cannot be slipped under an open connection', async () => {
    const other = await createPerson(server, 'other');
    const socket = await attacker.socket();
    expect(await socket.ask({ op: 'auth', ref: 1, token: other.access })).toMatchObject({
      op: 'error',
      code: 'actor.mismatch',
    });
    await socket.settle();
    socket.send({ op: 'auth', ref: 2, token: 'forged' });
    expect(await socket.closed()).toBe(4502);
  });

  test('any frames whatever, in any order: answers or errors, never a close, never internal', async () => {
    const names = Object.keys(ops);
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(group.id, attacker.id, group.epoch, 0, 1, true, '__proto__'),
    );
    const mutation = fc.record({
      op: fc.constantFrom(...names.filter((name) => name !== 'auth')),
      drop: fc.array(fc.nat(8), { maxLength: 2 }),
      set: fc.dictionary(
        fc.constantFrom(
          'conversation',
          'id',
          'content',
          'positions',
          'watch',
          'read',
          'on',
          'more',
          'mentions',
          'replyTo',
          'x',
        ),
        value,
        { maxKeys: 3 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 25 }), async (mutations) => {
        const socket = await attacker.socket();
        for (const { op, drop, set } of mutations) {
          const fields = Object.entries({ ...goodFrame(op), ...set }).filter(
            ([name], i) => name === 'op' || !drop.includes(i),
          );
          socket.send(Object.fromEntries(fields));
        }
        await socket.settle();
        expect(socket.closeCode).toBe(null);
        expect(socket.frames.filter((frame) => frame.code === 'internal')).toEqual([]);
        socket.close();
      }),
      { numRuns: 40, seed: 20260131 },
    );
  });
});

const isRefusal = (frame: Frame): boolean =>
  frame.op === 'error' &&
  typeof frame.code === 'string' &&
  frame.code !== 'internal' &&
  String(frame.message).length > 5;
