import { EventEmitter, once } from 'node:events';
import { createMemoryBus } from '../src/adapters/bus/memory/create-memory-bus.ts';
import { type Clock, systemClock } from '../src/kernel/clock.ts';
import { type Context, createContext } from '../src/kernel/context.ts';
import { silentLog } from '../src/kernel/log.ts';
import { noMetrics } from '../src/kernel/metrics.ts';
import type { Bus } from '../src/ports/bus.ts';
import type { Mail, Mailer } from '../src/ports/mail.ts';
import type { Sql } from '../src/ports/sql.ts';
import type { SignedIn } from '../src/services/identity/api.ts';
import type { IdentityConfig } from '../src/services/identity/config.ts';
import { createIdentity } from '../src/services/identity/module.ts';

/** A clock whose wall time can be put forward. */
export interface TestClock extends Clock {
  advance(ms: number): void;
}

export function createTestClock(): TestClock {
  let ahead = 0;
  return {
    wall: () => systemClock.wall() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    advance: (ms) => {
      ahead += ms;
    },
  };
}

/** Keeps mails in memory and lets a test wait for one. */
export interface Mailbox extends Mailer {
  /** The code of the oldest unread mail to this address; waits for it. */
  takeCode(to: string): Promise<string>;
  readonly unread: readonly Mail[];
}

export function createMailbox(): Mailbox {
  const unread: Mail[] = [];
  const arrivals = new EventEmitter();
  return {
    unread,
    async send(mail) {
      unread.push(mail);
      arrivals.emit('mail');
    },
    async takeCode(to) {
      for (;;) {
        const at = unread.findIndex((mail) => mail.to === to);
        const [mail] = at < 0 ? [] : unread.splice(at, 1);
        if (mail) return /^\S{32}$/m.exec(mail.text)?.[0] ?? '';
        await once(arrivals, 'mail');
      }
    },
  };
}

/** A started identity on this database; several on one database are several processes. */
export async function startTestIdentity(
  sql: Sql,
  options: { readonly config?: Partial<IdentityConfig>; readonly bus?: Bus; readonly clock?: TestClock } = {},
) {
  const bus = options.bus ?? createMemoryBus({ log: silentLog });
  const clock = options.clock ?? createTestClock();
  const mailbox = createMailbox();
  const { config = {} } = options;
  const identity = createIdentity({ sql, bus, mailer: mailbox, log: silentLog, metrics: noMetrics, clock, config });
  await identity.unit.start?.();
  return { ...identity, bus, clock, mailbox, stop: async () => identity.unit.stop?.() };
}

export type TestIdentity = Awaited<ReturnType<typeof startTestIdentity>>;

/** A test may keep its context for as long as it runs. */
const patientMs = 600_000;

/** Nobody signed in. */
export function anonymous(): Context {
  return createContext(null, 'test', patientMs);
}

/** The context of a signed-in account, from its verified access token. */
export async function contextOf(identity: Pick<TestIdentity, 'api'>, signedIn: SignedIn): Promise<Context> {
  const { principal } = await identity.api.verifyAccess(anonymous(), signedIn.tokens.access);
  return createContext(principal, 'test', patientMs);
}
