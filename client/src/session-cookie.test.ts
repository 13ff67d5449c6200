import { beforeEach, describe, expect, it } from 'vitest';
import { ParleyError } from './errors.ts';
import type { Http } from './http.ts';
import { createMemoryStore } from './key-value-store.ts';
import { createSession } from './session.ts';
import { createTestClock } from './testing/test-clock.ts';

/** One browser: a cookie and a store that all its pages share, and the server that knows whom the cookie names. */
let store = createMemoryStore();
let cookie: string | null;
let away: boolean;
let calls: string[];

beforeEach(() => {
  store = createMemoryStore();
  cookie = null;
  away = false;
  calls = [];
});

const accountOf = (id: string) => ({
  ...{ id, kind: 'person' as const, username: id, email: null, emailVerified: false, phone: null, name: id },
  createdAt: '2026-01-01T00:00:00.000Z',
});

const http: Http = async <T>(method: string, path: string, request?: { body?: unknown }) => {
  if (away) throw new ParleyError('network.failed', 'nobody answers', { retryable: false });
  calls.push(`${method} ${path} as ${cookie}`);
  if (path === '/sessions') {
    cookie = ((request?.body ?? {}) as { login: string }).login;
    return { account: accountOf(cookie), tokens: { access: 'a', refresh: 'r', expiresIn: 600 } } as T;
  }
  if (cookie === null) throw new ParleyError('token.missing', 'no', { status: 401 });
  if (method === 'DELETE') {
    cookie = null;
    return undefined as T;
  }
  return accountOf(cookie) as T;
};

function openPage() {
  let ended = 0;
  const session = createSession({
    ...{ http, store, clock: createTestClock(), random: () => 1, mode: 'cookie' as const, patienceMs: 0 },
    onEnd: () => ended++,
  });
  return { session, ended: () => ended };
}

describe('pages of one browser', () => {
  it('asks nothing as somebody who has signed in on another page', async () => {
    const one = openPage();
    const two = openPage();
    await one.session.signIn({ login: 'ann', password: 'x' });
    await two.session.signIn({ login: 'bob', password: 'x' });
    await expect(one.session.call('GET', '/conversations')).rejects.toMatchObject({ code: 'session.missing' });
    expect([one.ended(), one.session.account]).toEqual([1, null]);
    expect(calls).not.toContain('GET /conversations as bob');
    // the other page goes on, also after the first is reloaded
    await two.session.call('GET', '/x');
    expect((await openPage().session.restore())?.id).toBe('bob');
  });

  it('ends when another page has signed out', async () => {
    const one = openPage();
    await one.session.signIn({ login: 'ann', password: 'x' });
    const two = openPage();
    await two.session.restore();
    await two.session.signOut();
    await expect(one.session.call('GET', '/x')).rejects.toMatchObject({ code: 'session.missing' });
    expect(one.ended()).toBe(1);
  });

  it('does not take the proof of another account for its own', async () => {
    const { session, ended } = openPage();
    await session.signIn({ login: 'ann', password: 'x' });
    cookie = 'bob';
    expect([await session.renew(), ended()]).toEqual([false, 1]);
  });
});

describe('signing out while the server is away', () => {
  it('is said, and stays: the server is told before anything else', async () => {
    const { session } = openPage();
    await session.signIn({ login: 'ann', password: 'x' });
    away = true;
    await expect(session.signOut()).rejects.toMatchObject({ code: 'network.failed' });
    expect(session.account).toBeNull();
    expect(await openPage().session.restore()).toBeNull();
    away = false;
    calls = [];
    expect(await openPage().session.restore()).toBeNull();
    expect(calls[0]).toBe('DELETE /sessions/current as ann');
  });

  it('is told before the next one signs in', async () => {
    const { session } = openPage();
    await session.signIn({ login: 'ann', password: 'x' });
    away = true;
    await session.signOut().catch(() => {});
    away = false;
    calls = [];
    expect((await session.signIn({ login: 'bob', password: 'x' })).id).toBe('bob');
    expect(calls).toEqual(['DELETE /sessions/current as ann', 'POST /sessions as null']);
    expect((await openPage().session.restore())?.id).toBe('bob');
  });
});
