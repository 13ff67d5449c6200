import type { Clock } from '../../kernel/clock.ts';
import { type Context, systemContext } from '../../kernel/context.ts';
import type { AccountId, SessionId } from '../../kernel/ids.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import { createTokenBuckets, type TokenBuckets } from '../../kernel/token-buckets.ts';
import { type Bus, type BusRecord, type Subscription, topics } from '../../ports/bus.ts';
import type { Mailer } from '../../ports/mail.ts';
import type { Sql } from '../../ports/sql.ts';
import { getAccounts, resolveUsernames } from './accounts/accounts.ts';
import { changePassword } from './accounts/change-password.ts';
import { purgeCodes } from './accounts/code-store.ts';
import { createCourier } from './accounts/courier.ts';
import { createAccounts, createAccountsUnchecked } from './accounts/create-accounts.ts';
import { deleteAccount } from './accounts/delete-account.ts';
import { createPasswordHasher } from './accounts/password-hasher.ts';
import { requestRecovery, resetPassword } from './accounts/recovery.ts';
import { setAdmin } from './accounts/set-admin.ts';
import { setSuspended, setSuspendedUnchecked } from './accounts/set-suspended.ts';
import { signUp } from './accounts/sign-up.ts';
import { checkCode, requestVerification, verifyEmail } from './accounts/verify-email.ts';
import type { IdentityApi, NewAccount } from './api.ts';
import { type IdentityConfig, identityDefaults, type RateLimit } from './config.ts';
import { onIdentityChanges } from './consumer.ts';
import type { Parts } from './parts.ts';
import { createCheckSession } from './sessions/check-session.ts';
import { refresh } from './sessions/refresh.ts';
import { createSessionCookies } from './sessions/session-cookie.ts';
import { purgeSessions, readRevoked, toRevoked } from './sessions/session-store.ts';
import { listSessions, revokeSession } from './sessions/sessions.ts';
import { signIn } from './sessions/sign-in.ts';
import { promote } from './store.ts';
import { createAccessTokens } from './tokens/access-tokens.ts';
import { createKeySeal } from './tokens/create-key-seal.ts';
import { createRevocations } from './tokens/revocations.ts';
import { createSigningKeys } from './tokens/signing-keys.ts';
import type { WholeIdentityApi } from './trusted-api.ts';

export interface IdentityDeps {
  readonly sql: Sql;
  readonly bus: Bus;
  readonly mailer: Mailer;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly config?: Partial<IdentityConfig>;
  /**
   * Told of ended sessions after the commit, and waited for before the caller is answered: other processes refuse them and open
   * connections end at once, also while the change stream, which tells of them too, stands still or is behind (MESSAGE-PATH
   * rule 18). Must not reject, and must not take long.
   */
  readonly onRevoked?: (account: AccountId, sessions: readonly SessionId[]) => Promise<void>;
}

/** For whoever runs the program, from its command line; never behind a protocol. Works without `start`. */
export interface IdentityOperator {
  /** `account.unknown`. */
  setAdmin(username: string, admin: boolean): Promise<void>;
  /** `account.unknown`. */
  setSuspended(account: AccountId, suspended: boolean): Promise<void>;
  createAccounts(accounts: readonly NewAccount[]): ReturnType<IdentityApi['createAccounts']>;
  rotateSigningKey(): Promise<void>;
}

/** Clocks of two machines may differ by so much. */
const clockSkewMs = 60_000;
const reloadKeysMs = 60_000;
const purgeMs = 3_600_000;

export function createIdentity(deps: IdentityDeps): { api: WholeIdentityApi; unit: Unit; operator: IdentityOperator } {
  const parts = createParts(deps);
  return { api: createApi(parts), unit: createUnit(parts, deps.bus), operator: createOperator(parts) };
}

function createParts({
  sql,
  mailer,
  log,
  metrics,
  clock,
  onRevoked = async () => {},
  config: given,
}: IdentityDeps): Parts {
  const config = { ...identityDefaults, ...given };
  const tokenMs = config.accessTokenSeconds * 1_000 + clockSkewMs;
  const keys = createSigningKeys({
    sql,
    clock,
    seal: createKeySeal(config.keySecrets),
    rotationDays: config.keyRotationDays,
    keepMs: tokenMs + 2 * reloadKeysMs,
  });
  const revocations = createRevocations(tokenMs, clock);
  return {
    sql,
    log,
    clock,
    config,
    keys,
    revocations,
    onRevoked,
    tokens: createAccessTokens({ keys, revocations, clock, config }),
    hasher: createPasswordHasher(config.hashing, clock),
    mailer,
    courier: createCourier(log, metrics),
    limits: {
      login: createAttempts(config.signInLimits.perLogin, clock),
      address: createAttempts(config.signInLimits.perAddress, clock),
      recovery: createAttempts(config.recoveryLimit, clock),
    },
  };
}

/** All at once, and then as many again in the same time. */
function createAttempts({ attempts, seconds }: RateLimit, clock: Clock): TokenBuckets {
  return createTokenBuckets({ perSecond: attempts / seconds, burst: attempts }, clock);
}

/** Gives a command its parts: what remains is the method of the api. */
function bind<A extends unknown[], R>(parts: Parts, command: (parts: Parts, ctx: Context, ...args: A) => R) {
  return (ctx: Context, ...args: A): R => command(parts, ctx, ...args);
}

function createApi(parts: Parts): WholeIdentityApi {
  return {
    signUp: bind(parts, signUp),
    createAccounts: bind(parts, createAccounts),
    signIn: bind(parts, signIn),
    refresh: bind(parts, refresh),
    listSessions: bind(parts, listSessions),
    revokeSession: bind(parts, revokeSession),
    requestRecovery: bind(parts, requestRecovery),
    requestVerification: bind(parts, requestVerification),
    resetPassword: bind(parts, resetPassword),
    verifyEmail: bind(parts, verifyEmail),
    checkCode: bind(parts, checkCode),
    changePassword: bind(parts, changePassword),
    deleteAccount: bind(parts, deleteAccount),
    getAccounts: bind(parts, getAccounts),
    resolveUsernames: bind(parts, resolveUsernames),
    setSuspended: bind(parts, setSuspended),
    verifyAccess: (_ctx, token) => parts.tokens.verify(token),
    listRevoked: async () => ({
      keepMs: parts.revocations.keepMs,
      sessions: (await readRevoked(parts.sql, parts.revocations.keepMs)).map(toRevoked),
    }),
    checkSession: createCheckSession(parts.sql),
    ...createSessionCookies(parts),
    jwks: async () => ({ keys: await parts.keys.published() }),
  };
}

function createOperator(parts: Parts): IdentityOperator {
  return {
    setAdmin: (username, admin) => setAdmin(parts, username, admin),
    setSuspended: (account, suspended) => setSuspendedUnchecked(parts, account, suspended),
    createAccounts: (accounts) => createAccountsUnchecked(parts, systemContext('operator', 120_000), accounts),
    rotateSigningKey: () => parts.keys.rotate(),
  };
}

function createUnit({ sql, log, keys, config, revocations, courier }: Parts, bus: Bus): Unit {
  let subscription: Subscription | undefined;
  let timers: NodeJS.Timeout[] = [];

  function every(ms: number, what: string, work: () => Promise<unknown>): NodeJS.Timeout {
    return setInterval(() => {
      work().catch((err) => log.warn({ err }, `${what} failed; it is tried again`));
    }, ms).unref();
  }

  async function loadRevocations(): Promise<void> {
    for (const row of await readRevoked(sql, revocations.keepMs)) revocations.add(toRevoked(row));
  }

  return {
    async start() {
      await keys.load();
      await promote(sql, config.admins);
      // Every process needs all revocations. It listens before the past is read: nothing between.
      const onChanges = (records: readonly BusRecord[]) => onIdentityChanges(records, revocations);
      subscription = await bus.listen([topics.identity], onChanges, { onGap: loadRevocations });
      await loadRevocations();
      timers = [
        every(reloadKeysMs, 'reading the signing keys', () => keys.load()),
        every(purgeMs, 'forgetting old sessions', () => purgeSessions(sql, 2 * config.sessionDays)),
        every(purgeMs, 'forgetting old codes', () => purgeCodes(sql)),
      ];
    },
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await subscription?.close();
      await courier.settled();
    },
  };
}
