import type { SignedIn } from '@parley/contracts';
import type { Clock } from './clock.ts';
import { ParleyError } from './errors.ts';
import type { Http, HttpRequest } from './http.ts';
import type { KeyValueStore } from './key-value-store.ts';
import { repeatCalls } from './repeat-calls.ts';
import type { Account, OwnAccount, Tokens } from './types.ts';

/** Where the session's secret is kept: by the client (`tokens`), or by the browser in an HttpOnly cookie (`cookie`). */
export type CredentialMode = 'tokens' | 'cookie';

export interface NewAccount {
  readonly username: string;
  readonly password: string;
  readonly email?: string;
  readonly name?: string;
  /** Shown in the list of sessions. */
  readonly device?: string;
}

export interface SessionDeps {
  readonly http: Http;
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly mode: CredentialMode;
  readonly patienceMs: number;
  /** The session is over: signed out here, revoked elsewhere, or refused for good. */
  onEnd(): void;
}

export interface Session {
  /** null: signed out. */
  readonly account: Account | null;
  /** Signed out here, and the server could not be told yet: it is told before anybody signs in. Cookie mode only. */
  readonly leaving: boolean;
  signUp(body: NewAccount): Promise<Account>;
  signIn(body: { login: string; password: string; device?: string }): Promise<Account>;
  signOut(): Promise<void>;
  /** Takes up a session given, stored, or (cookie) known to the browser; null: there is none. */
  restore(given?: { account: Account; tokens: Tokens }): Promise<Account | null>;
  /** A token with some life left, refreshed when needed; null in cookie mode. Throws `session.missing` when signed out. */
  access(): Promise<string | null>;
  /** When the present access token ends, Unix milliseconds; null in cookie mode. */
  readonly accessEndsAt: number | null;
  /** After a 401 or 4502: proves or replaces the credential. False: the session has ended. Throws when nobody answers. */
  renew(): Promise<boolean>;
  /** The account goes by this name from now on. */
  rename(name: string): void;
  /** Ends the session here without asking the server. */
  end(): void;
  /** A call with the credential, renewed once when it has expired; repeated while it fails for now (repeat-calls.ts). */
  call<T>(method: string, path: string, request?: Omit<HttpRequest, 'token'>): Promise<T>;
}

interface Stored {
  readonly account: Account;
  readonly tokens: Tokens | null;
  /** Unix milliseconds. */
  readonly endsAt: number | null;
  /** Of the refresh that is under way, or whose answer was lost. */
  readonly refreshKey?: string;
}

const key = 'parley.session';
/** Set while the server has not been told that whoever was signed in by the cookie has signed out. */
const leavingKey = 'parley.signing-out';
/** 256 random bits. */
const createSecret = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** A token is refreshed when less than 30 s, or half of a short life, is left of it. */
function isDue({ tokens, endsAt }: Stored, now: number): boolean {
  return (endsAt ?? 0) <= now + Math.min(30_000, (tokens?.expiresIn ?? 0) * 500);
}

export function createSession({ http, store, clock, random, mode, patienceMs, onEnd }: SessionDeps): Session {
  let current: Stored | null = null;
  let refreshing: Promise<boolean> | null = null;
  /** The store has what `current` says. */
  let stored = false;

  function keep(next: Stored | null): void {
    current = next;
    try {
      if (next) store.set(key, JSON.stringify(next));
      else store.remove(key);
      stored = next !== null;
    } catch {
      // A full or forbidden store: the session lives as long as this page.
      stored = false;
    }
  }

  /**
   * Whether another page of this browser has signed in or out meanwhile. A cookie is every page's: what this page asks from now
   * on would be asked as somebody else.
   */
  function isReplaced(): boolean {
    return mode === 'cookie' && stored && current !== null && readStored()?.account.id !== current.account.id;
  }

  function begin(account: Account, tokens: Tokens): Account {
    const endsAt = clock.now() + tokens.expiresIn * 1000;
    keep(mode === 'cookie' ? { account, tokens: null, endsAt: null } : { account, tokens, endsAt });
    return account;
  }

  function end(): void {
    if (!current) return;
    // What another page has stored is not ours to remove.
    if (isReplaced()) current = null;
    else keep(null);
    onEnd();
  }

  /** Signed out stays signed out: a server that could not be told is told before anybody signs in or is found signed in. */
  async function finishLeaving(): Promise<void> {
    if (!session.leaving) return;
    try {
      await http('DELETE', '/sessions/current');
    } catch (error) {
      if (!(error instanceof ParleyError) || error.status !== 401) throw error;
    }
    store.remove(leavingKey);
  }

  function readStored(): Stored | null {
    try {
      const found = JSON.parse(store.get(key) ?? 'null');
      return typeof found?.account?.id === 'string' ? found : null;
    } catch {
      return null;
    }
  }

  async function prove(): Promise<boolean> {
    if (mode === 'cookie') {
      const { id } = await http<OwnAccount>('GET', '/me');
      return id === current?.account.id;
    }
    // Another page may have rotated the token already: a used refresh token would revoke the session (reuse detection).
    const other = readStored();
    if (other?.tokens && current?.tokens && other.account.id === current.account.id) {
      if (other.tokens.refresh !== current.tokens.refresh && !isDue(other, clock.now())) {
        current = other;
        return true;
      }
    }
    if (!current?.tokens) return false;
    const { refresh } = current.tokens;
    // Kept before it is sent: if the answer is lost, the same question gets it again, from the next page too.
    const refreshKey = (other?.tokens?.refresh === refresh ? other : current).refreshKey ?? createSecret();
    keep({ ...current, refreshKey });
    const { tokens } = await http<{ tokens: Tokens }>('POST', '/sessions/refresh', {
      body: { refresh, key: refreshKey },
    });
    if (current) begin(current.account, tokens);
    return current !== null;
  }

  const callOnce: Http = async (method, path, request = {}) => {
    if (isReplaced()) end();
    const token = await session.access();
    try {
      return await http(method, path, { ...request, token });
    } catch (error) {
      if (!(error instanceof ParleyError) || error.status !== 401 || error.code === 'credentials.wrong') throw error;
      if (error.code === 'session.revoked') end();
      if (!current || !(await session.renew())) throw error;
      return http(method, path, { ...request, token: current?.tokens?.access ?? null });
    }
  };

  const session: Session = {
    get account() {
      return current?.account ?? null;
    },
    get leaving() {
      return mode === 'cookie' && store.get(leavingKey) !== null;
    },
    get accessEndsAt() {
      return current?.endsAt ?? null;
    },
    async signUp(body) {
      await finishLeaving();
      const answer = await http<SignedIn>('POST', '/accounts', {
        body: mode === 'cookie' ? { ...body, cookie: true } : body,
      });
      return begin(answer.account, answer.tokens);
    },
    async signIn(body) {
      await finishLeaving();
      const answer = await http<SignedIn>('POST', '/sessions', {
        body: mode === 'cookie' ? { ...body, cookie: true } : body,
      });
      return begin(answer.account, answer.tokens);
    },
    async signOut() {
      if (!current || isReplaced()) return end();
      if (mode === 'cookie') store.set(leavingKey, '1');
      try {
        await callOnce('DELETE', '/sessions/current'); // once: who leaves does not wait for a server that is away
        store.remove(leavingKey);
      } finally {
        end();
      }
    },
    async restore(given) {
      if (given) return begin(given.account, given.tokens);
      current = readStored();
      stored = current !== null;
      if (mode === 'tokens') return current?.account ?? null;
      try {
        await finishLeaving();
      } catch {
        keep(null);
        return null;
      }
      try {
        const { id, kind, username, email, emailVerified, phone, name, createdAt } = await http<OwnAccount>(
          'GET',
          '/me',
        );
        const account = { id, kind, username, email, emailVerified, phone, name, createdAt };
        keep({ account, tokens: null, endsAt: null });
      } catch (error) {
        // Unreachable: go on with the account we know; the connection waits for the server.
        if (error instanceof ParleyError && error.status === 401) keep(null);
      }
      return session.account;
    },
    async access() {
      if (!current) throw new ParleyError('session.missing', 'Sign in first.');
      if (mode === 'cookie') return null;
      if (isDue(current, clock.now()) && !(await session.renew())) {
        throw new ParleyError('session.missing', 'The session has ended: sign in again.', { status: 401 });
      }
      return current.tokens?.access ?? null;
    },
    async renew() {
      // Single-flight: many callers find the token expired at the same moment.
      refreshing ??= prove()
        .catch((error) => {
          if (error instanceof ParleyError && (error.status === 401 || error.status === 403)) return false;
          throw error;
        })
        .finally(() => {
          refreshing = null;
        });
      const alive = await refreshing;
      if (!alive) end();
      return alive;
    },
    rename(name) {
      if (current && current.account.name !== name) keep({ ...current, account: { ...current.account, name } });
    },
    end,
    call: repeatCalls(callOnce, { clock, random, patienceMs }),
  };
  return session;
}
