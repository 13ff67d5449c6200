import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountId } from '../../src/kernel/ids.ts';
import type { Connection, Encoder } from '../../src/services/realtime/api.ts';
import { TestOutlet } from '../../test-support/realtime/test-hub.ts';
import { type Act, acts, Scene, type User, users } from './scene.ts';

/** What an encoder is asked to say there. */
const kinds: Record<Act, string> = {
  'a message': 'message',
  'an edit': 'edited',
  'a deletion': 'deleted',
  'other settings': 'conversation',
  'somebody who joins': 'conversation',
  'somebody who leaves': 'conversation',
  'a conversation that begins': 'conversation',
  'an ephemeral message': 'ephemeral',
  typing: 'typing',
  'a receipt': 'receipt',
  'who is online': 'presence',
  'who comes online': 'presence',
  'a backlog': 'message',
  'what follows a backlog that is ahead of the stream': 'conversation',
};
const places = [
  ...(Object.entries(kinds) as [Act, string][]).map(([act, kind]) => ({ act, kind })),
  { act: 'a backlog' as Act, kind: 'resumed' },
];

/** Has no word for anything. */
function createMute(protocol: string): Encoder {
  return {
    protocol,
    encode() {
      throw new Error('no word for it');
    },
  };
}

async function run(act: Act, thrower?: User, kind?: string): Promise<Scene> {
  const scene = await new Scene().start();
  if (act === 'somebody who leaves') scene.hub.chat.join(scene.c, 'dan');
  await scene.flow();
  if (thrower) scene.encoders[thrower].throwsAt = (event) => event.kind === kind;
  await acts[act](scene);
  await scene.flow();
  return scene;
}

const cases = places.flatMap((place) => users.map((thrower) => ({ ...place, thrower })));

describe("an encoder that throws ends its protocol's connections and touches nobody else (rule 32):", () => {
  test.each(cases)('$act, of which $thrower cannot be told "$kind"', async ({ act, kind, thrower }) => {
    const [unbroken, scene] = [await run(act), await run(act, thrower, kind)];
    const { hub, c, encoders } = scene;
    const { protocol } = encoders[thrower];
    expect(scene.of(thrower).outlet.closed).toBe(4000);
    expect(hub.errors).toEqual([{ err: expect.any(Error), protocol, kind }]);

    const others = users.filter((user) => user !== thrower);
    for (const user of others) {
      expect(scene.of(user).outlet.closed).toBeNull();
      expect(unbroken.heard(user).length).toBeGreaterThan(1);
      expect(scene.heard(user)).toEqual(unbroken.heard(user));
    }
    // The stream goes on for them, and who was sent away finds all of it.
    encoders[thrower].throwsAt = () => false;
    hub.chat.send(c, 'bob');
    await scene.flow();
    for (const user of others) expect(scene.seqsHeard(user).at(-1)).toBe(c.lastSeq);
    await scene.open(thrower);
    await scene.resume(thrower);
    expect(scene.seqsHeard(thrower).sort((a, b) => a - b)).toEqual(c.messages.map((message) => message.seq));
  });

  test('the last words before the process stops', async () => {
    const scene = await new Scene().start();
    scene.encoders.ann.throwsAt = () => true;
    await scene.hub.realtime.unit.drain?.();
    expect(users.map((user) => scene.of(user).outlet.closed)).toEqual([4000, 4000, 4000]);
    expect(users.map((user) => scene.of(user).outlet.of('drain').length)).toEqual([0, 1, 1]);
  });

  test('who was not to be told stays, though it speaks the same protocol', async () => {
    const scene = await new Scene().start();
    const stranger = await scene.hub.open('eve', new TestOutlet(), scene.encoders.ann);
    scene.encoders.ann.throwsAt = (event) => event.kind === 'message';
    scene.hub.chat.send(scene.c, 'bob');
    await scene.flow();
    expect([scene.of('ann').outlet.closed, stranger.outlet.closed]).toEqual([4000, null]);
  });

  test('one line is logged of one event, however many connections and dialects a protocol has', async () => {
    const scene = await new Scene().start();
    for (const user of users) {
      for (let i = 0; i < 3; i++) await scene.hub.open(user, new TestOutlet(), createMute(`four:${user}`));
    }
    scene.hub.chat.send(scene.c, 'bob');
    await scene.flow();
    expect(scene.hub.errors).toEqual([{ err: expect.any(Error), protocol: 'four', kind: 'message' }]);
  });

  test('a connection that is ended by what it is told while it opens leaves nobody online', async () => {
    const scene = await new Scene().start();
    const outlet = new TestOutlet();
    const onOpen = (connection: Connection) => connection.watchPresence(['ann' as AccountId]);
    await scene.hub.open('dan', outlet, createMute('four'), { onOpen });
    expect(outlet.closed).toBe(4000);
    await scene.hub.settle();
    scene.of('ann').connection.watchPresence(['dan' as AccountId]);
    await scene.hub.settle();
    expect(
      scene
        .of('ann')
        .outlet.of('presence')
        .map(({ online }) => online),
    ).toEqual([false]);
  });

  test('a connection that is ended by what it watches watches nobody any more', async () => {
    const { hub } = await new Scene().start();
    const { connection, outlet } = await hub.open('dan', new TestOutlet(), createMute('four'));
    connection.watchPresence(['ann', 'eve'] as AccountId[]);
    hub.tick(4);
    await hub.settle();
    expect([outlet.closed, hub.registry.asked.flat()]).toEqual([4000, []]);
  });

  test('in any order of events, whenever it throws', async () => {
    const program = fc.array(fc.constantFrom(...(Object.keys(acts) as Act[])), { minLength: 1, maxLength: 12 });
    const thrower = fc.constantFrom(...users);
    const throws = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(program, thrower, throws, async (program, thrower, throws) => {
        const others = users.filter((user) => user !== thrower);
        const [unbroken, scene] = [await new Scene().start(), await new Scene().start()];
        let said = 0;
        scene.encoders[thrower].throwsAt = () => throws[said++ % throws.length] as boolean;
        for (const act of program) {
          for (const one of [unbroken, scene]) {
            if (one.of(thrower).outlet.closed !== null) await one.open(thrower);
            await acts[act](one);
            await one.flow();
          }
          for (const user of others) expect(scene.heard(user)).toEqual(unbroken.heard(user));
        }
        scene.encoders[thrower].throwsAt = () => false;
        await scene.open(thrower);
        await scene.resume(thrower);
        expect(scene.seqsHeard(thrower).sort((a, b) => a - b)).toEqual(scene.c.messages.map((message) => message.seq));
      }),
      { numRuns: 60 },
    );
  });
});

describe('an outlet that throws ends its connection and touches nobody else:', () => {
  class BrokenOutlet extends TestOutlet {
    broken: 'write' | 'ping' | 'close' | null = null;

    override write(bytes: Buffer): void {
      if (this.broken === 'write' || this.broken === 'close') throw new Error('no such socket');
      super.write(bytes);
    }
    override close(code: number): void {
      super.close(code);
      if (this.broken === 'close') throw new Error('no such socket');
    }
    override ping(): void {
      if (this.broken === 'ping') throw new Error('no such socket');
    }
  }

  test.each(['write', 'close', 'ping'] as const)('%s', async (broken) => {
    const scene = await new Scene().start();
    const outlet = new BrokenOutlet();
    await scene.hub.open('bob', outlet);
    // Behind the broken one in whatever order the hub keeps.
    const behind = await scene.hub.open('bob');
    await scene.hub.settle();
    outlet.broken = broken;
    scene.hub.chat.send(scene.c, 'ann');
    if (broken === 'ping') scene.hub.tick(25);
    await scene.flow();
    expect(outlet.closed).toBe(4000);
    expect(scene.hub.errors).toContainEqual({ err: expect.any(Error), protocol: 'json' });
    for (const user of users) expect(scene.seqsHeard(user)).toEqual([2]);
    expect(behind.outlet.of('message')).toHaveLength(1);
    expect([behind, ...users.map((user) => scene.of(user))].map((one) => one.outlet.closed)).toEqual(
      Array(4).fill(null),
    );
    expect(scene.hub.realtime.hub.connectionCount).toBe(4);
  });
});
