import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FakeChat, type ModelConversation, turns } from '../../../../test-support/realtime/fake-chat.ts';
import { ModelClient } from '../../../../test-support/realtime/model-client.ts';
import { type Frame, TestHub } from '../../../../test-support/realtime/test-hub.ts';
import { createContext } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import { holdsSeq } from '../../../model/conversation.ts';
import type { Message } from '../../../model/message.ts';

/**
 * The promise of the hub under any interleaving, of two routers and a registry that forgets: whatever is sent, edited, joined,
 * left, opened, resumed, repeated, lost or overtaken, every connection ends with exactly what its user may read, was told nothing else, and heard each conversation
 * in rising revs without repeats.
 */

const users = ['ann', 'bob', 'cid', 'dee'];

interface Change {
  readonly do: 'send' | 'edit' | 'delete' | 'join' | 'leave' | 'rename';
  readonly c: number;
  readonly u: number;
  readonly n: number;
}

type Step =
  | Change
  | { readonly do: 'connect' | 'disconnect'; readonly u: number }
  | { readonly do: 'route' | 'other'; readonly n: number }
  | { readonly do: 'repeat' | 'lose' | 'overtake'; readonly n: number }
  | { readonly do: 'forget' | 'doubt' }
  | { readonly do: 'turn'; readonly n: number };

const small = fc.nat({ max: 9 });
const change = fc.record({
  do: fc.constantFrom<'send' | 'edit' | 'delete' | 'join' | 'leave' | 'rename'>(
    ...(['send', 'send', 'send', 'edit', 'delete', 'join', 'leave', 'rename'] as const),
  ),
  c: fc.nat({ max: 1 }),
  u: fc.nat({ max: 3 }),
  n: small,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: change },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('connect' as const), u: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect' as const), u: fc.nat({ max: 3 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('route' as const), n: fc.nat({ max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('other' as const), n: small }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('repeat' as const, 'lose' as const, 'overtake' as const), n: small }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('forget' as const, 'doubt' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const), n: fc.nat({ max: 5 }) }) },
);

async function play(steps: readonly Step[], latencies: readonly number[]): Promise<void> {
  const hub = await new TestHub({ resumesAtOnce: 2, conversationsPerRead: 1 }).start();
  const { chat, registry } = hub;
  chat.backlogLimit = 4;
  const models = [chat.create('all', ['ann', 'bob'], 'all'), chat.create('since', ['ann', 'cid'], 'since-join')];
  let at = 0;
  const latency = () => latencies[at++ % latencies.length] ?? 0;
  chat.latency = latency;
  registry.latency = latency;
  const clients = users.map((user) => new ModelClient(user));
  const opening: Promise<void>[] = [];

  for (const s of steps) {
    if (s.do === 'connect') opening.push((clients[s.u] as ModelClient).connect(hub));
    else if (s.do === 'disconnect') (clients[s.u] as ModelClient).disconnect();
    else if (s.do === 'turn') await turns(s.n);
    else if (s.do === 'route') await hub.route(s.n);
    // Not waited for: what two routers hand over at the same time runs into each other.
    else if (s.do === 'other') opening.push(hub.routeAsOther(s.n));
    else if (s.do === 'forget') registry.forget();
    else if (s.do === 'doubt') opening.push(hub.realtime.api.doubt(createContext(null, 'test'), 'a stream was lost'));
    else if (s.do === 'repeat') await hub.repeat(s.n);
    else if (s.do === 'lose') hub.loseContent();
    else if (s.do === 'overtake') await hub.overtake();
    else if ('c' in s) mutate(chat, models[s.c] as ModelConversation, s);
    for (const client of clients) client.step();
  }
  await Promise.all(opening);
  await hub.route();
  await quiesce(hub, clients);
  // What was lost at the very end is found by two regular checks.
  for (let check = 0; check < 2; check++) {
    hub.tick(5);
    for (const client of clients) client.socket?.connection.heard();
    await quiesce(hub, clients);
  }
  for (const client of clients) expectRight(chat, models, client);
}

function mutate(chat: FakeChat, c: ModelConversation, s: Change): void {
  const user = users[s.u] as string;
  if (s.do === 'join') chat.join(c, user);
  else if (s.do === 'leave') chat.leave(c, user);
  else if (s.do === 'rename') chat.rename(c);
  else if (s.do === 'send') chat.send(c, user);
  else if (c.lastSeq > 0) (s.do === 'edit' ? chat.edit.bind(chat) : chat.delete.bind(chat))(c, 1 + (s.n % c.lastSeq));
}

async function quiesce(hub: TestHub, clients: readonly ModelClient[]): Promise<void> {
  for (let moving = true; moving; ) {
    await hub.settle();
    moving = clients.map((client) => client.step()).some((moved) => moved);
    if (clients.some((client) => client.resumes > 500)) throw new Error('a client resumes for ever');
  }
}

function expectRight(chat: FakeChat, models: readonly ModelConversation[], client: ModelClient): void {
  if (!client.socket) return;
  const { frames } = client.socket.outlet;
  for (const c of models) {
    // Of a message deleted before it was told the client need not know.
    // Later changes of what an earlier stay opened reach a member who came back only with a resume (README).
    const since = c.stays.find((stay) => stay.user === client.user && stay.leftRev === null)?.joinedSeq ?? 0;
    const brief = (messages: readonly Message[]) =>
      messages.filter((m) => m.deletedAt === null && (m.seq as number) > since).map((m) => [m.seq, m.rev, m.content]);
    const knows = [...(client.known.get(c.id)?.values() ?? [])].sort((a, b) => (a.seq as number) - (b.seq as number));
    expect(brief(knows), `${client.user} in ${c.id}`).toEqual(brief(chat.visible(c, client.user)));
    expectNothingElse(c, client.user, frames);
    expectRising(c, frames);
  }
}

/** Every message told lies in a stay of the user; after the end of a stay was told, only to who has come back. */
function expectNothingElse(c: ModelConversation, user: string, frames: readonly Frame[]): void {
  const stays = c.stays.filter((stay) => stay.user === (user as AccountId));
  let endedAt = 0;
  for (const frame of frames) {
    if (
      frame.kind === 'conversation' &&
      frame.conversation.id === c.id &&
      frame.user === user &&
      frame.change === 'left'
    ) {
      endedAt = frame.rev;
    }
    if ((frame.kind !== 'message' && frame.kind !== 'edited') || frame.message.conversation !== c.id) continue;
    const seq = frame.message.seq as number;
    const open = stays.some((stay) => holdsSeq(stay, seq)) && stays.some((stay) => stay.joinedRev > endedAt);
    expect(open, `${user} was told ${seq} of ${c.id}`).toBe(true);
  }
}

/** Revs rise, and begin anew only with the backlog of a resume, at most once for each. */
function expectRising(c: ModelConversation, frames: readonly Frame[]): void {
  let last = 0;
  let anew = frames.filter((frame) => frame.kind === 'resumed').length;
  for (const frame of frames) {
    let rev = 0;
    if (frame.kind === 'message' || frame.kind === 'edited')
      rev = frame.message.conversation === c.id ? (frame.message.rev ?? 0) : 0;
    else if (frame.kind === 'deleted' && frame.conversation === c.id) rev = frame.rev;
    if (rev === 0) continue;
    if (rev <= last) anew--;
    expect(anew, `rev ${rev} after ${last}`).toBeGreaterThanOrEqual(0);
    last = rev;
  }
}

/** The registry forgets while a join and its end are both on their way: the hub has never known of the stay that the client knows of. */
const untoldStay: readonly Step[] = [
  { do: 'connect', u: 3 },
  { do: 'connect', u: 0 },
  { do: 'turn', n: 13 },
  { do: 'join', c: 0, u: 3, n: 0 },
  { do: 'connect', u: 1 },
  { do: 'turn', n: 1 },
  { do: 'send', c: 0, u: 0, n: 0 },
  { do: 'route', n: 1 },
  { do: 'turn', n: 2 },
  { do: 'turn', n: 1 },
  { do: 'turn', n: 1 },
  { do: 'route', n: 1 },
  { do: 'turn', n: 2 },
  { do: 'leave', c: 0, u: 3, n: 0 },
  { do: 'forget' },
  { do: 'disconnect', u: 0 },
  { do: 'route', n: 3 },
];

test('who left while the registry forgot finds out', () => play(untoldStay, [3, 0, 1]));

test('every interleaving ends right', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 120, size: 'max' as const }),
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 7 }),
      play,
    ),
    { numRuns: 800 },
  );
});
