import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  ann,
  bob,
  type Feed,
  one,
  type ProtocolHub,
  startProtocolHub,
  subscribe,
} from '../../../../../test-support/protocol-hub.ts';

let server: ProtocolHub;
beforeEach(async () => {
  server = await startProtocolHub({ hub: { connectionBytes: 128 * 1024 } });
});
afterEach(() => server.close());

/** The clients' sockets, the last one last; to leave before it is open is no error of anybody's. */
const sockets: WebSocket[] = [];
class Kept extends WebSocket {
  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args);
    sockets.push(this);
    this.on('error', () => {});
  }
}

const query = `subscription ($after: [ConversationPositionInput!]) {
  messages(after: $after) {
    kind: __typename
    ... on MessageAdded { message { seq rev } }
    ... on MessageEdited { message { seq rev } }
    ... on MessageDeleted { seq rev }
    ... on Resumed { conversations { conversationId continuity position { seq rev } } }
  }
}`;

interface Told {
  readonly kind: string;
  readonly message?: { seq: number; rev: number };
  readonly seq?: number;
  readonly rev?: number;
  readonly conversations?: readonly {
    conversationId: string;
    continuity: string;
    position: { seq: number; rev: number };
  }[];
}

/** What a client does: it keeps messages by seq, and how far it has come. */
class Reader {
  /** The rev that each is known in. */
  readonly messages = new Map<number, number>();
  seq = 0;
  rev = 1;
  private readonly conversation: string;

  constructor(conversation: string) {
    this.conversation = conversation;
  }

  apply({ kind, message, conversations, ...rest }: Told): void {
    if (kind === 'Resumed') {
      const row = conversations?.find(({ conversationId }) => conversationId === this.conversation);
      expect(row?.continuity).toBe('KEPT');
      this.seq = Math.max(this.seq, row?.position.seq ?? 0);
      this.rev = Math.max(this.rev, row?.position.rev ?? 0);
      return;
    }
    const { seq, rev } = message ?? (rest as { seq: number; rev: number });
    // In rising rev, whatever connection it comes over: so nothing comes twice.
    expect(rev).toBeGreaterThan(this.rev);
    this.messages.set(seq, rev);
    this.seq = Math.max(this.seq, seq);
    this.rev = rev;
  }
}

type Step = 'send' | 'edit' | 'delete' | 'route' | 'lose' | 'leave' | 'wait';
const step = fc.constantFrom<Step>('send', 'send', 'send', 'edit', 'delete', 'route', 'route', 'lose', 'leave', 'wait');

test('whatever happens while it goes and comes back: every change once, in order, and each message in its last state', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.integer({ min: 0, max: 4 }),
      async (steps, latency) => {
        const own = await startProtocolHub();
        const { hub } = own;
        const id = one;
        const c = hub.chat.create(id, [ann, bob]);
        hub.loseStream();
        hub.chat.latency = () => latency;
        const reader = new Reader(id);
        let taken = 0;
        let client = own.connect('ann', { webSocketImpl: Kept });
        const open = (): Feed => {
          taken = 0;
          const position = { conversation: id, epoch: c.epoch, seq: reader.seq, rev: reader.rev };
          return subscribe(client, query.replace('after: $after', `conversations: ["${id}"], after: $after`), {
            after: [position],
          });
        };
        let feed = open();
        const take = () => {
          for (const event of feed.events().slice(taken)) reader.apply(event as unknown as Told);
          taken = feed.events().length;
        };
        const any = () => 1 + ((c.lastRev * 7) % Math.max(1, c.lastSeq));
        for (const now of steps) {
          if (now === 'send') hub.chat.send(c, bob, `text ${c.lastSeq + 1}`);
          else if (now === 'edit' && c.messages[any() - 1]?.deletedAt === null) hub.chat.edit(c, any());
          else if (now === 'delete' && c.lastSeq > 0) hub.chat.delete(c, any());
          else if (now === 'route') await hub.route();
          else if (now === 'lose') hub.loseContent();
          else if (now === 'wait') await new Promise((resolve) => setTimeout(resolve, 1));
          else if (now === 'leave') {
            // In the middle of whatever is on its way; what had come by then counts.
            take();
            client.terminate();
            await client.dispose();
            client = own.connect('ann', { webSocketImpl: Kept });
            feed = open();
          }
        }
        // The last change may have been lost: another one shows that.
        hub.chat.send(c, bob, 'the end');
        await hub.route();
        await expect
          .poll(() => {
            take();
            return reader.rev;
          })
          .toBe(c.lastRev);
        const seqs = Array.from({ length: c.lastSeq }, (_, i) => i + 1);
        expect([...reader.messages.keys()].sort((a, b) => a - b)).toEqual(seqs);
        for (const { seq, rev } of c.messages) expect(reader.messages.get(seq as number)).toBe(rev);
        await own.close();
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
});

test('a socket that does not read loses all its subscriptions, and comes back without a hole', async () => {
  const c = server.hub.chat.create(one, [ann, bob]);
  server.hub.loseStream();
  const large = query.replace('seq rev', 'seq rev content { text }');
  const slow = server.connect('ann', { webSocketImpl: Kept });
  const feed = subscribe(slow, large);
  const feeds = [feed, subscribe(slow, 'subscription { typing { on } }')];
  const connections = () => server.hub.realtime.hub.connectionCount;
  await expect.poll(connections).toBe(3);
  sockets.at(-1)?.pause();
  for (let i = 0; connections() === 3 && i < 500; i++) {
    for (let n = 0; n < 4; n++) server.hub.chat.send(c, bob, 'x'.repeat(16_000));
    await server.hub.route();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(connections).toBe(0);
  sockets.at(-1)?.resume();
  await expect.poll(() => feeds.map(({ ended }) => ended !== null)).toEqual([true, true]);
  const seqsOf = (one: Feed) => (one.events() as unknown as Told[]).flatMap(({ message }) => message?.seq ?? []);
  const heard = seqsOf(feed);
  const client = server.connect('ann');
  for (let continuity = 'MORE'; continuity === 'MORE'; ) {
    const seq = heard.at(-1) ?? 0;
    const back = subscribe(client, large, { after: [{ conversation: one, epoch: c.epoch, seq, rev: seq + 1 }] });
    await expect.poll(() => (back.events().at(-1) as unknown as Told | undefined)?.kind).toBe('Resumed');
    heard.push(...seqsOf(back));
    continuity = (back.events().at(-1) as unknown as Told).conversations?.[0]?.continuity ?? '';
    back.stop();
  }
  expect(heard).toEqual(Array.from({ length: c.lastSeq }, (_, i) => i + 1));
});
