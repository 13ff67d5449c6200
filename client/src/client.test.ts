import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { createMemoryStore } from './key-value-store.ts';
import { createFakeSockets, type FakeSocket } from './testing/fake-socket.ts';
import type { Act } from './testing/model-conversation.ts';
import { createModelServer } from './testing/model-server.ts';
import { account, settle, startClient as start, tokens } from './testing/start-client.ts';
import { createTestClock } from './testing/test-clock.ts';
import type { StoredMessage } from './types.ts';

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constant<Act>({ act: 'send' }),
  fc.record({ act: fc.constant('edit' as const), at: fc.nat(20) }),
  fc.record({ act: fc.constant('delete' as const), at: fc.nat(20) }),
  fc.record({ act: fc.constant('react' as const), at: fc.nat(20), user: fc.nat(2), on: fc.boolean() }),
);

const move = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('act' as const), act, missed: fc.constant(false) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('act' as const), act, missed: fc.constant(true) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('arrive' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'send' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'read' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'accept' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'cut' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'wait' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'older' as const }) },
);

describe('client', () => {
  it('is level with the server, and has sent everything once and in order, after any mix of faults', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 10, size: 'max' }),
        fc.array(move, { maxLength: 60, size: 'max' }),
        fc.constantFrom(1, 2, 3, 5, 500),
        async (before, moves, backlogLimit) => {
          const { client, server, clock, calm } = await start(createMemoryStore(), backlogLimit);
          for (const a of before) server.act(a, true);
          await calm();
          const written: string[] = [];
          const known = server.conversation.messages.length;
          const heard: (number | null)[] = [];
          client.on('message', (message) => heard.push(message.seq));
          for (const m of moves) {
            if (m.do === 'act') server.act(m.act, m.missed);
            else if (m.do === 'arrive') server.arrive(m.count);
            else if (m.do === 'read') server.readAll();
            else if (m.do === 'accept') server.accept();
            else if (m.do === 'cut') server.cut();
            else if (m.do === 'wait') clock.advance(700);
            else if (m.do === 'older') void client.loadOlder('c', 3).catch(() => {});
            else {
              const id = `mine ${written.length}`;
              written.push(id);
              client.send('c', { type: 'text', text: id }, { id });
            }
            await settle();
          }
          // A frame missed by the hub is found by the next one.
          server.act({ act: 'send' }, false);
          await calm();
          const { conversation } = server;
          const log = client.conversation('c')!.log;
          expect(client.drafts('c')).toEqual([]);
          expect(conversation.messages.filter(({ sender }) => sender.id === 'me').map(({ id }) => id)).toEqual(written);
          expect({ seq: log.seq, rev: log.rev }).toEqual({ seq: conversation.messages.length, rev: conversation.rev });
          const first = log.messages[0]?.seq ?? conversation.messages.length + 1;
          // The frame of a deletion has no date, and does not tell of edits before it.
          const undated = (messages: readonly StoredMessage[]) =>
            messages.map((m) => (m.content === null ? { ...m, deletedAt: null, editedAt: null } : m));
          expect(undated(log.messages)).toEqual(undated(conversation.messages.slice(first - 1)));
          expect(heard).toEqual(conversation.messages.slice(known).map(({ seq }) => seq));
          client.close();
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  it('sends after a reload what was written without a connection', async () => {
    const first = await start();
    first.client.send('c', { type: 'text', text: 'kept' }, { id: 'kept' });
    first.client.close();
    const second = await start(first.storage);
    expect(second.client.drafts('c').map(({ id }) => id)).toEqual(['kept']);
    await second.calm();
    expect(second.server.conversation.messages.map(({ id }) => id)).toEqual(['kept']);
    expect(second.storage.keys().filter((key) => key.startsWith('parley.draft'))).toEqual([]);
  });

  it("says nothing on a connection that is somebody else's", async () => {
    const clock = createTestClock();
    const server = createModelServer('somebody-else');
    const client = createClient({
      ...{ url: 'http://host', clock, random: () => 1, fetch: server.fetch, WebSocket: server.WebSocket },
    });
    await client.restore({ account, tokens });
    client.send('c', { type: 'text', text: 'mine' }).sent.catch(() => {});
    client.connect();
    for (let i = 0; i < 10; i++) {
      await settle();
      server.accept();
      server.readAll();
      server.arrive(Number.POSITIVE_INFINITY);
      clock.advance(1_000);
    }
    expect([client.state, client.account, server.conversation.messages]).toEqual(['signedOut', null, []]);
  });

  it('says why the server refuses to be connected to, and tries again when told to', async () => {
    const sockets = createFakeSockets();
    const options = { url: 'http://host', clock: createTestClock(), fetch: createModelServer('me').fetch };
    const client = createClient({ ...options, WebSocket: sockets.WebSocket });
    const states: string[] = [];
    client.on('state', (state) => states.push(state));
    await client.restore({ account, tokens });
    client.connect();
    await settle();
    const socket = sockets.made.at(-1) as FakeSocket;
    socket.open();
    socket.receive({ op: 'error', code: 'action.forbidden', message: 'Not from here.', retryable: false });
    socket.end(4504);
    expect([client.state, client.refusal]).toEqual([
      'refused',
      { code: 'action.forbidden', message: 'Not from here.' },
    ]);
    client.connect();
    await settle();
    expect([sockets.made.length, client.state, client.refusal]).toEqual([2, 'connecting', null]);
    expect(states).toEqual(['offline', 'connecting', 'offline', 'refused', 'connecting']);
    client.close();
  });

  it('loads history backwards to its beginning', async () => {
    const { client, server, calm } = await start();
    for (let i = 0; i < 7; i++) server.act({ act: 'send' }, true);
    await calm();
    expect(client.conversation('c')!.log.messages).toEqual([]);
    expect(await client.loadOlder('c', 5)).toBe(true);
    expect(await client.loadOlder('c', 5)).toBe(false);
    expect(client.conversation('c')!.log.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(client.conversation('c')!.log.complete).toBe(true);
  });

  it('rejects what waits when the session ends, and forgets everything', async () => {
    const { client, server, calm } = await start();
    await calm();
    const { sent } = client.send('c', { type: 'text', text: 'late' });
    server.cut();
    await settle();
    await client.signOut().catch(() => {});
    await expect(sent).rejects.toMatchObject({ code: 'session.missing' });
    expect(client.state).toBe('signedOut');
    expect(client.conversations()).toEqual([]);
    expect(() => client.connect()).toThrow(/Sign in/);
  });

  it('counts the unread by its own read mark, which the server may not know yet', async () => {
    const { client, server, calm } = await start();
    await calm();
    server.cut();
    server.act({ act: 'send' }, true);
    await settle();
    client.on('message', ({ seq }) => client.markRead('c', seq!));
    await calm();
    expect(client.conversation('c')!.log.messages).toHaveLength(1);
    expect(client.conversation('c')!.summary.unread).toBe(0);
  });

  it('takes up no message twice when the frame comes before the answer', async () => {
    const { client, server, calm } = await start();
    await calm();
    const { sent } = client.send('c', { type: 'text', text: 'x' }, { id: 'x' });
    server.readAll();
    server.arrive(Number.POSITIVE_INFINITY);
    await expect(sent).resolves.toMatchObject({ seq: 1, rev: 1 });
    expect(client.conversation('c')!.log.messages).toHaveLength(1);
    expect(client.conversation('c')!.summary.lastMessage?.id).toBe('x');
  });

  it('finds another history after a restored backup once, and no holes in it before its resume is answered', async () => {
    const { client, server, clock, calm } = await start();
    for (let i = 0; i < 5; i++) server.act({ act: 'send' }, true);
    await calm();
    const gaps: string[] = [];
    client.on('gap', ({ reason }) => gaps.push(reason));
    server.cut();
    server.conversation.restore(3);
    clock.advance(60_000);
    await settle();
    server.accept();
    server.readAll();
    server.arrive(1); // `ready`: the client resumes and reads its list
    await settle();
    expect(client.conversation('c')!.summary.lastSeq, 'the list has come first').toBe(3);
    server.act({ act: 'send' }, true);
    server.act({ act: 'send' }, false);
    server.arrive(Number.POSITIVE_INFINITY);
    await calm();
    expect(gaps).toEqual(['lost']);
    expect(await client.loadOlder('c', 10)).toBe(false);
    expect(client.conversation('c')!.log.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it('reads its list again when the server may have told it too little: other settings, a conversation that is not its own any more', async () => {
    const { client, server, calm } = await start();
    await calm();
    server.conversation.settings = { archived: true, name: 'Untold' };
    server.tell({ op: 'missed' });
    await calm();
    expect(client.conversation('c')!.summary).toMatchObject({ archived: true, name: 'Untold' });
    server.conversation.hidden = true;
    server.tell({ op: 'missed' });
    await calm();
    expect(client.conversation('c')).toBe(undefined);
  });

  describe('hears that members or settings changed', () => {
    const reads = { role: 'admin', name: 'Another' } as const;

    it.each([
      ['its own role', { change: 'updated', user: 'me', conversation: { id: 'c', role: 'admin' } }],
      ['something it is not told', { change: 'updated', conversation: { id: 'c' } }],
    ] as const)('%s: it looks again', async (_, frame) => {
      const { client, server, calm } = await start();
      await calm();
      server.change(reads, frame);
      await calm();
      expect(client.conversation('c')!.summary).toMatchObject(reads);
    });

    it('everything that changed: it need not look', async () => {
      const { client, server, calm } = await start();
      await calm();
      server.change({ role: 'admin' }, { change: 'updated', conversation: { id: 'c', name: 'Told', kind: 'group' } });
      await calm();
      expect(client.conversation('c')!.summary).toMatchObject({ name: 'Told', role: 'member' });
    });

    it("the reader's own preferences, set elsewhere: it takes them, and no position moves", async () => {
      const { client, server, calm } = await start();
      server.act({ act: 'send' }, true);
      await calm();
      const { log } = client.conversation('c')!;
      const own = { muted: true, mutedUntil: '2099-01-01T00:00:00.000Z', archived: true, pinned: true };
      server.tell({ op: 'conversation', change: 'updated', rev: 0, conversation: { id: 'c', ...own, notify: 'none' } });
      server.act({ act: 'send' }, false);
      await calm();
      expect(client.conversation('c')!.summary).toMatchObject({ ...own, notify: 'none', lastRev: 2 });
      expect(client.conversation('c')!.log.rev).toBe(log.rev + 1);
      // Told to nobody who was away: read with the list.
      server.cut();
      server.conversation.settings = { archived: false };
      await calm();
      expect(client.conversation('c')!.summary.archived).toBe(false);
    });

    it('others coming and going: it counts them', async () => {
      const { client, server, calm } = await start();
      await calm();
      const others = { conversation: { id: 'c' }, user: 'other' };
      for (const change of ['joined', 'joined', 'left'] as const) server.change({}, { change, ...others });
      await calm();
      expect(client.conversation('c')!.summary.memberCount).toBe(3);
    });

    it('many at once in a very big conversation: no hole, and nothing to look at', async () => {
      const { client, server, calm } = await start();
      await calm();
      const gaps: unknown[] = [];
      client.on('gap', (gap) => gaps.push(gap));
      server.change({ role: 'admin' }, { change: 'updated', since: 0, conversation: { id: 'c' } }, 5);
      server.act({ act: 'send' }, false);
      await calm();
      const { log, summary } = client.conversation('c')!;
      expect({ gaps, rev: log.rev, role: summary.role }).toEqual({ gaps: [], rev: 6, role: 'member' });
    });
  });
});
