import { type Context, createContext } from '../../src/kernel/context.ts';
import type { AccountId, ConversationId, HubId, SessionId } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { noMetrics } from '../../src/kernel/metrics.ts';
import { unknownProfile } from '../../src/model/account.ts';
import type { Delivery } from '../../src/model/delivery.ts';
import type { ProfileRow } from '../../src/model/people-rows.ts';
import { neverSeen, type Presence } from '../../src/model/presence.ts';
import type { Bus, BusRecord } from '../../src/ports/bus.ts';
import type { HubRegistry } from '../../src/ports/hub-registry.ts';
import type { Block } from '../../src/services/people/api.ts';
import type { Connection, Encoder, HubApi, HubEvent, Outlet } from '../../src/services/realtime/api.ts';
import type { RealtimeConfig } from '../../src/services/realtime/config.ts';
import { createRealtime, type Realtime } from '../../src/services/realtime/module.ts';
import { FakeChat, turns } from './fake-chat.ts';

export type Frame = HubEvent | { readonly kind: 'ready' };

/** The frame whose kind may be K. */
type FrameOf<K, F = Frame> = F extends { readonly kind: infer P } ? (K extends P ? F : never) : never;

/** Says it in JSON lines. */
export const jsonEncoder: Encoder = {
  protocol: 'json',
  encode(event, senders) {
    const sender = 'message' in event ? senders.get(event.message.sender) : undefined;
    return Buffer.from(`${JSON.stringify({ ...event, sender })}\n`);
  },
};

/** A socket that takes everything at once, or nothing while `stuck`. */
export class TestOutlet implements Outlet {
  readonly frames: Frame[] = [];
  closed: number | null = null;
  writes = 0;
  pings = 0;
  stuck = false;
  buffered = 0;
  private drains: (() => void)[] = [];

  write(bytes: Buffer): void {
    if (this.closed !== null) throw new Error('written to after it was closed');
    this.writes++;
    for (const line of bytes.toString().split('\n')) if (line) this.frames.push(JSON.parse(line));
    if (this.stuck) this.buffered += bytes.length;
  }

  close(code: number): void {
    this.closed ??= code;
  }

  onDrain(callback: () => void): void {
    if (this.buffered === 0) setImmediate(callback);
    else this.drains.push(callback);
  }

  ping(): void {
    this.pings++;
  }

  unstick(): void {
    this.stuck = false;
    this.buffered = 0;
    for (const drain of this.drains.splice(0)) drain();
  }

  of<K extends Frame['kind']>(kind: K): FrameOf<K>[] {
    return this.frames.filter((frame) => frame.kind === kind) as FrameOf<K>[];
  }
}

/** A registry whose confirmations take as long as the test says. */
export class TestRegistry implements HubRegistry {
  readonly guarantees = { shared: false };
  readonly conversations = new Set<ConversationId>();
  readonly users = new Set<AccountId>();
  /** Of those this hub does not hold. */
  readonly others = new Map<AccountId, Presence>();
  /** What every call fails with while the registry is away. */
  away: Error | null = null;
  asked: (readonly AccountId[])[] = [];
  alive = true;
  latency: () => number = () => 0;
  wall: () => number = () => 0;

  async renew() {
    if (this.away) throw this.away;
    const was = this.alive;
    this.alive = true;
    return was;
  }
  serve = (_: HubId, ids: readonly ConversationId[]) =>
    this.later(() => ids.forEach((id) => void this.conversations.add(id)));
  release = (_: HubId, ids: readonly ConversationId[]) =>
    this.later(() => ids.forEach((id) => void this.conversations.delete(id)));
  hold = (_: HubId, ids: readonly AccountId[]) => this.later(() => ids.forEach((id) => void this.users.add(id)));
  drop = (_: HubId, ids: readonly AccountId[]) =>
    this.later(() => {
      for (const id of ids) {
        this.users.delete(id);
        this.others.set(id, { online: false, lastSeen: new Date(this.wall()).toISOString() });
      }
    });
  presenceOf = async (ids: readonly AccountId[]) => {
    this.asked.push(ids);
    let found: ReadonlyMap<AccountId, Presence> = new Map();
    await this.later(() => {
      const of = (id: AccountId) =>
        this.users.has(id) ? { online: true, lastSeen: null } : (this.others.get(id) ?? neverSeen);
      found = new Map(ids.map((id) => [id, of(id)]));
    });
    return found;
  };
  hubsOfConversations = async () => new Map();
  hubsOfUsers = async () => new Map();
  hubs = async () => [];
  leave = () => this.later(() => {});
  close = async () => {};

  /** As after a restart without its data: nobody is registered, and the hub is not told before it asks. */
  forget(): void {
    this.conversations.clear();
    this.users.clear();
    this.alive = false;
  }

  /** Whether the router would send this change here. */
  concerns(delivery: Delivery): boolean {
    if ('conversation' in delivery && this.conversations.has(delivery.conversation)) return true;
    return delivery.kind === 'members' && delivery.members.some((stay) => this.users.has(stay.user));
  }

  private async later(effect: () => void): Promise<void> {
    await turns(this.latency());
    if (this.away) throw this.away;
    effect();
    await turns(this.latency());
  }
}

const noBus: Bus = {
  guarantees: { durable: false },
  publish: async () => {},
  subscribe: async () => ({ close: async () => {} }),
  listen: async () => ({ close: async () => {} }),
  close: async () => {},
};

type OpenOptions = Pick<Parameters<HubApi['open']>[1], 'only' | 'sharing' | 'withheld'> & {
  /** In the turn in which it becomes ready. */
  readonly onOpen?: (connection: Connection) => void;
};

/** A hub over the model of chat, whose clock and timers the test turns. */
export class TestHub {
  readonly chat = new FakeChat();
  readonly registry = new TestRegistry();
  readonly realtime: Realtime;
  readonly revoked = new Set<string>();
  /** What was logged as an error. */
  readonly errors: object[] = [];
  now = 1_000_000;
  /** Turns of the event loop that identity takes to say whether a session is alive. */
  checkTurns = 0;
  private routed = 0;
  private routedByOther = 0;
  private onTick: () => void = () => {};

  private onPeople: (records: readonly BusRecord[]) => void = () => {};
  /** Who has blocked whom. */
  readonly blocks: Block[] = [];
  /** What people answers instead. */
  blocksFail: Error | null = null;

  /** As the change stream tells it. */
  changeBlock(owner: AccountId, blocked: AccountId, active: boolean): void {
    const after = { owner_id: owner, blocked_id: blocked, active };
    const value = { before: null, after, source: { table: 'blocks' }, op: 'u' };
    this.onPeople([{ topic: 'parley.people', key: owner, value } as unknown as BusRecord]);
  }

  /** The listener may have missed changes of people. */
  loseTopic: () => void | Promise<void> = () => {};

  /** As the change stream tells it; `before` undefined: the profile is new. */
  changeProfile(after: Partial<ProfileRow> & Pick<ProfileRow, 'id'>, before?: Partial<ProfileRow>, op = 'u'): void {
    const row = { username: after.id, name: after.id, about: null, avatar: null, deleted: false, ...after };
    const value = { before: before ? { ...row, ...before } : null, after: row, source: { table: 'profiles' }, op };
    this.onPeople([{ topic: 'parley.people', key: after.id, value } as unknown as BusRecord]);
  }

  constructor(config: Partial<RealtimeConfig> = {}, registry?: HubRegistry) {
    this.registry.wall = () => this.now;
    this.realtime = createRealtime({
      chat: this.chat.api,
      identity: {
        checkSession: async (_ctx, session) => {
          await turns(this.checkTurns);
          return !this.revoked.has(session);
        },
      },
      people: {
        blocksAgainst: async (_ctx, users) => {
          if (this.blocksFail) throw this.blocksFail;
          return this.blocks.filter(({ blocked }) => users.includes(blocked));
        },
        getProfiles: async (_ctx, ids) =>
          ids.map((id) => ({ ...unknownProfile(id), username: id, name: id.toUpperCase() })),
      },
      registry: registry ?? this.registry,
      bus: {
        ...noBus,
        listen: async (_topics, onRecords, { onGap }) => {
          this.onPeople = onRecords;
          this.loseTopic = onGap;
          return { close: async () => {} };
        },
      },
      log: { ...silentLog, error: (fields) => void this.errors.push(fields) },
      metrics: noMetrics,
      clock: { wall: () => this.now, monotonic: () => this.now },
      config,
      scheduler: {
        soon: (task) => void setImmediate(task),
        every: (_ms, task) => {
          this.onTick = task;
          return () => {};
        },
        delay: () => turns(1),
      },
    });
  }

  async start(): Promise<this> {
    await this.realtime.unit.start?.();
    return this;
  }

  async open(
    user: string,
    outlet = new TestOutlet(),
    encoder = jsonEncoder,
    { onOpen, ...more }: OpenOptions = {},
  ): Promise<TestConnection> {
    const principal = { account: user as AccountId, session: `s-${user}` as SessionId, username: user, admin: false };
    const connection = await this.realtime.hub.open(createContext(principal, 'test'), {
      principal,
      expiresAt: this.now + 3_600_000,
      outlet,
      encoder,
      ...more,
      greet(opened) {
        onOpen?.(opened);
        return Buffer.from('{"kind":"ready"}\n');
      },
    });
    return { connection, outlet, user };
  }

  deliver(deliveries: readonly Delivery[]): Promise<void> {
    return this.realtime.api.deliver(this.ctx(), deliveries);
  }

  /** A router's, by the hub's clock. */
  ctx(timeoutMs = 10_000): Context {
    return { ...createContext(null, 'test'), deadline: this.now + timeoutMs };
  }

  /** Routes what the stream holds and was not routed before. */
  async route(max = Number.POSITIVE_INFINITY): Promise<void> {
    const part = this.chat.stream.slice(this.routed, this.routed + max);
    this.routed += part.length;
    await this.deliver(part.filter((delivery) => this.registry.concerns(delivery)));
  }

  /** Drops what was not routed yet, as if the stream had lost it. */
  loseStream(): void {
    this.routed = this.chat.stream.length;
  }

  /** Another router works on the same stream at its own pace, behind the first one or ahead of it. */
  async routeAsOther(n: number): Promise<void> {
    const part = this.chat.stream.slice(this.routedByOther, this.routedByOther + n);
    this.routedByOther += part.length;
    await this.deliver(part.filter((delivery) => this.registry.concerns(delivery)));
  }

  /** A second router hands over again what was routed before. */
  async repeat(n: number): Promise<void> {
    const part = this.chat.stream.slice(Math.max(0, this.routed - n), this.routed);
    await this.deliver(part.filter((delivery) => this.registry.concerns(delivery)));
  }

  /**
   * The next change never arrives. Only one that a later change or the check makes up for: a joining or leaving may have been
   * meant for a hub that does not serve the conversation, which only `doubt` can find out.
   */
  loseContent(): void {
    const next = this.chat.stream[this.routed];
    if (next && next.kind !== 'members') this.routed++;
  }

  /** The next two change places, as with two routers during a rebalance. */
  async overtake(): Promise<void> {
    const [first, second] = this.chat.stream.slice(this.routed, this.routed + 2);
    if (!first || !second) return;
    this.routed += 2;
    await this.deliver([second, first].filter((delivery) => this.registry.concerns(delivery)));
  }

  get unrouted(): number {
    return this.chat.stream.length - this.routed;
  }

  tick(n = 1, ms = 1_000): void {
    for (let i = 0; i < n; i++) {
      this.now += ms;
      this.onTick();
    }
  }

  /** Until nothing moves any more: no read under way for a number of turns that no chain of answers exceeds. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 30; ) {
      await turns(1);
      quiet = this.chat.busy === 0 ? quiet + 1 : 0;
    }
  }
}

export interface TestConnection {
  readonly connection: Connection;
  readonly outlet: TestOutlet;
  readonly user: string;
}
