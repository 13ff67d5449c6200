import type { AccountId } from '../../src/kernel/ids.ts';
import type { Message } from '../../src/model/message.ts';
import type { Encoder, HubEvent, Senders } from '../../src/services/realtime/api.ts';
import { type Frame, type TestConnection, TestHub, TestOutlet } from '../../test-support/realtime/test-hub.ts';

/** Says it in JSON lines, in a protocol of its own, and throws when it is told to. */
export class TestEncoder implements Encoder {
  readonly protocol: string;
  throwsAt: (event: HubEvent) => boolean = () => false;

  constructor(protocol: string) {
    this.protocol = protocol;
  }

  encode(event: HubEvent, _senders: Senders): Buffer {
    if (this.throwsAt(event)) throw new Error(`${this.protocol} cannot say ${event.kind}`);
    return Buffer.from(`${JSON.stringify(event)}\n`);
  }
}

export const users = ['ann', 'bob', 'cid'] as const;
export type User = (typeof users)[number];

/** A hub with three members of one conversation, each of whom speaks another protocol. */
export class Scene {
  readonly hub = new TestHub({ presenceGraceMs: 1e9 });
  readonly c = this.hub.chat.create('c', users);
  readonly encoders: Readonly<Record<User, TestEncoder>> = {
    ann: new TestEncoder('one'),
    bob: new TestEncoder('two'),
    cid: new TestEncoder('three'),
  };
  readonly connections = new Map<User, TestConnection>();

  async start(): Promise<this> {
    await this.hub.start();
    this.hub.chat.send(this.c, 'ann');
    this.hub.loseStream();
    for (const user of users) await this.open(user);
    await this.flow();
    return this;
  }

  async open(user: User): Promise<void> {
    this.connections.set(user, await this.hub.open(user, new TestOutlet(), this.encoders[user]));
  }

  of(user: User): TestConnection {
    return this.connections.get(user) as TestConnection;
  }

  /** All that was said to a connection since it is open. */
  heard(user: User): readonly Frame[] {
    return this.of(user).outlet.frames;
  }

  seqsHeard(user: User): number[] {
    return this.heard(user).flatMap((frame) => (frame.kind === 'message' ? [frame.message.seq as number] : []));
  }

  /** Until all that has happened has been told. */
  async flow(): Promise<void> {
    await this.hub.route();
    await this.hub.settle();
  }

  /** From the beginning of the conversation. */
  async resume(user: User): Promise<void> {
    const start = new Map([[this.c.id, { epoch: this.c.epoch, seq: 0, rev: 1 }]]);
    // Over it is either way: an encoder that throws ends the connection.
    await this.of(user).connection.resume(user, start);
    await this.hub.settle();
  }
}

const dan = 'dan' as AccountId;

/** What makes the hub say something to all three, by where it is that the hub has an encoder say it. */
export const acts = {
  'a message': async ({ hub, c }: Scene) => void hub.chat.send(c, 'ann'),
  'an edit': async ({ hub, c }: Scene) => hub.chat.edit(c, 1),
  'a deletion': async ({ hub, c }: Scene) => hub.chat.delete(c, 1),
  'other settings': async ({ hub, c }: Scene) => hub.chat.rename(c),
  'somebody who joins': async ({ hub, c }: Scene) => hub.chat.join(c, 'dan'),
  'somebody who leaves': async ({ hub, c }: Scene) => hub.chat.leave(c, 'dan'),
  'a conversation that begins': async ({ hub }: Scene) =>
    void hub.chat.create(`d${hub.chat.conversations.size}`, users),
  'an ephemeral message': ({ hub, c }: Scene) => {
    const message = { ...(c.messages[0] as Message), seq: null, rev: null };
    return hub.deliver([{ kind: 'ephemeral', conversation: c.id, message }]);
  },
  typing: ({ hub, c }: Scene) => hub.deliver([{ kind: 'typing', conversation: c.id, user: dan, on: true }]),
  'a receipt': async ({ hub, c }: Scene) => {
    await hub.deliver([{ kind: 'receipt', conversation: c.id, user: dan, delivered: c.lastSeq, read: c.lastSeq }]);
    hub.tick(2);
  },
  'who is online': async (scene: Scene) => {
    await scene.hub.open('eve');
    for (const user of users) scene.of(user).connection.watchPresence(['eve' as AccountId, dan]);
  },
  'who comes online': async (scene: Scene) => {
    for (const user of users) scene.of(user).connection.watchPresence([dan]);
    await scene.hub.settle();
    await scene.hub.open('dan');
  },
  'a backlog': async (scene: Scene) => {
    for (const user of users) await scene.resume(user);
  },
  'what follows a backlog that is ahead of the stream': async (scene: Scene) => {
    scene.hub.chat.rename(scene.c);
    scene.hub.chat.send(scene.c, 'ann');
    for (const user of users) await scene.resume(user);
  },
} satisfies Record<string, (scene: Scene) => Promise<void>>;

export type Act = keyof typeof acts;
