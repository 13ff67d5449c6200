import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import type { Act } from './testing/model-conversation.ts';
import { createModelServer } from './testing/model-server.ts';
import { createTestClock } from './testing/test-clock.ts';

const account = {
  ...{ id: 'me', kind: 'person' as const, username: 'me', email: null, emailVerified: false, phone: null, name: 'me' },
  createdAt: '2026-01-01T00:00:00.000Z',
};

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

async function start(before: readonly Act[], read: number) {
  const clock = createTestClock();
  const server = createModelServer('me');
  for (const act of before) server.act(act, true);
  server.mark(read);
  const fetched: string[] = [];
  const fetch = ((input: URL, init: { method: string }) => {
    fetched.push(`${init.method} ${input.pathname}`);
    return server.fetch(input, init);
  }) as typeof globalThis.fetch;
  const { WebSocket } = server;
  const client = createClient({ url: 'http://host', clock, random: () => 1, fetch, WebSocket });
  await client.restore({ account, tokens: { access: 'a', refresh: 'r', expiresIn: 1e9 } });
  client.connect();
  /** A second of a network without delay. */
  async function second(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      server.accept();
      server.readAll();
      server.arrive(Number.POSITIVE_INFINITY);
      await settle();
      clock.advance(50);
    }
  }
  await second();
  return { client, server, second, fetched };
}

const mention = fc.boolean();
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('send' as const), mention }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('edit' as const), at: fc.nat(20), mention }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('edit' as const), at: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('delete' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('pin' as const), at: fc.nat(20) }) },
);

const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('act' as const), acts: fc.array(act, { maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read here' as const), back: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read elsewhere' as const), back: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'send' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'older' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('offline' as const), acts: fc.array(act, { maxLength: 4 }) }) },
);

describe('unread and mentions', () => {
  it("are the server's a second after any change by anybody on any device", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 12, size: 'max' }),
        fc.nat(6),
        fc.array(move, { maxLength: 12, size: 'max' }),
        async (before, read, moves) => {
          const { client, server, second } = await start(before, read);
          const { conversation } = server;
          const shown = () => {
            const { unread, mentions } = client.conversation('c')!.summary;
            return { unread, mentions };
          };
          expect(shown()).toEqual(conversation.counts);
          for (const m of moves) {
            const last = conversation.messages.length;
            if (m.do === 'act') for (const a of m.acts) server.act(a, false);
            else if (m.do === 'read here') client.markRead('c', Math.max(0, last - m.back));
            else if (m.do === 'read elsewhere') server.mark(last - m.back);
            else if (m.do === 'send') client.send('c', { type: 'text', text: 'mine' });
            else if (m.do === 'older') void client.loadOlder('c', 3).catch(() => {});
            else {
              server.cut();
              for (const a of m.acts) server.act(a, true);
              server.mark(last - 1);
              for (let i = 0; i < 60 && client.state !== 'online'; i++) await second();
            }
            await second();
            expect(shown()).toEqual(conversation.counts);
          }
          client.close();
        },
      ),
      { numRuns: 200 },
    );
  }, 120_000);

  it('asks once for a deletion of what is not loaded, however many there are', async () => {
    const send: Act = { act: 'send' };
    const { client, server, second, fetched } = await start(
      [send, { ...send, mention: true }, { ...send, mention: true }, send, send],
      0,
    );
    fetched.length = 0;
    for (const at of [0, 1, 2]) server.act({ act: 'delete', at }, false);
    await second();
    expect(client.conversation('c')!.summary).toMatchObject({ unread: 2, mentions: 0 });
    expect(fetched).toEqual(['GET /api/v1/conversations/c']);
  });
});
