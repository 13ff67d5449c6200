import { describe, expect, it } from 'vitest';
import { ParleyError } from './errors.ts';
import type { Http } from './http.ts';
import { createMemoryStore } from './key-value-store.ts';
import { type CredentialMode, createSession } from './session.ts';
import { createTestClock } from './testing/test-clock.ts';

const account = {
  id: 'me',
  kind: 'person' as const,
  username: 'me',
  email: null,
  emailVerified: false,
  phone: null,
  name: 'Me',
  createdAt: '2026-01-01T00:00:00.000Z',
};

/** A server with rotating refresh tokens: using an old one ends the session. */
function createBench(mode: CredentialMode = 'tokens', store = createMemoryStore()) {
  const clock = createTestClock();
  const calls: string[] = [];
  let round = 0;
  let ended = 0;
  let revoked = false;
  let lastKey: string | undefined;
  let losing = false;
  const tokens = () => ({ access: `access ${round}`, refresh: `refresh ${round}`, expiresIn: 600 });
  const http: Http = async <T>(method: string, path: string, request?: { body?: unknown; token?: string | null }) => {
    calls.push(`${method} ${path}`);
    await Promise.resolve();
    if (path === '/sessions' && method === 'POST') return { account, tokens: tokens() } as T;
    if (path === '/sessions/refresh') {
      const { refresh, key } = (request?.body ?? {}) as { refresh?: string; key?: string };
      const again = refresh === `refresh ${round - 1}` && key === lastKey;
      if (refresh !== `refresh ${round}` && !again) revoked = true;
      if (revoked) throw new ParleyError('session.revoked', 'over', { status: 401 });
      lastKey = key;
      if (!again) round++;
      if (losing) throw new ParleyError('network.failed', 'the answer is lost', { retryable: true });
      return { tokens: tokens() } as T;
    }
    const good = mode === 'cookie' ? !revoked : request?.token === `access ${round}` && !revoked;
    if (!good) throw new ParleyError(revoked ? 'session.revoked' : 'token.expired', 'no', { status: 401 });
    return (path === '/me' ? { ...account, about: null } : { path, token: request?.token }) as T;
  };
  const session = createSession({
    http,
    store,
    clock,
    random: () => 1,
    mode,
    patienceMs: 20_000,
    onEnd: () => ended++,
  });
  return {
    session,
    clock,
    calls,
    store,
    get ended() {
      return ended;
    },
    rotate: () => void round++,
    /** Refreshes happen, and their answers are lost. */
    lose(on: boolean) {
      losing = on;
    },
    revoke: () => {
      revoked = true;
    },
  };
}

const credentials = { login: 'me', password: 'secret' };

describe('session', () => {
  it('refreshes once for many callers who find the token expired', async () => {
    const bench = createBench();
    await bench.session.signIn(credentials);
    bench.clock.advance(600_000);
    const answers = await Promise.all([1, 2, 3].map(() => bench.session.call('GET', '/x')));
    expect(answers).toHaveLength(3);
    expect(bench.calls.filter((call) => call === 'POST /sessions/refresh')).toHaveLength(1);
    expect(bench.ended).toBe(0);
  });

  it('refreshes and tries again when a call is refused with 401', async () => {
    const bench = createBench();
    await bench.session.signIn(credentials);
    const store = bench.store;
    bench.clock.advance(1);
    // The server forgot the access token early: same refresh token, next access token.
    const call = bench.session.call('GET', '/x');
    await expect(call).resolves.toEqual({ path: '/x', token: 'access 0' });
    bench.revoke();
    await expect(bench.session.call('GET', '/x')).rejects.toMatchObject({ code: 'session.revoked' });
    expect(bench.ended).toBe(1);
    expect(bench.session.account).toBeNull();
    expect(store.keys()).toEqual([]);
  });

  it('asks with the same key again when the answer to a refresh is lost, also after a reload', async () => {
    const store = createMemoryStore();
    const bench = createBench('tokens', store);
    await bench.session.signIn(credentials);
    bench.clock.advance(600_000);
    bench.lose(true);
    await expect(bench.session.access()).rejects.toMatchObject({ code: 'network.failed' });
    await bench.session.restore();
    await expect(bench.session.access()).rejects.toMatchObject({ code: 'network.failed' });
    bench.lose(false);
    await expect(bench.session.access()).resolves.toBe('access 1');
    bench.clock.advance(600_000);
    await expect(bench.session.access()).resolves.toBe('access 2');
    expect(store.get('parley.session')).not.toContain('refreshKey');
    expect(bench.ended).toBe(0);
  });

  it('takes what another page has refreshed instead of using a spent token', async () => {
    const store = createMemoryStore();
    const first = createBench('tokens', store);
    await first.session.signIn(credentials);
    first.clock.advance(600_000);
    const kept = JSON.parse(store.get('parley.session')!);
    store.set(
      'parley.session',
      JSON.stringify({
        ...kept,
        tokens: { ...kept.tokens, access: 'access 1', refresh: 'refresh 1' },
        endsAt: first.clock.now() + 600_000,
      }),
    );
    first.rotate();
    await expect(first.session.call('GET', '/x')).resolves.toEqual({ path: '/x', token: 'access 1' });
    expect(first.calls).not.toContain('POST /sessions/refresh');
  });

  it('refreshes a token that lives shortly at half of its life, not all the time', async () => {
    const store = createMemoryStore();
    const first = createBench('tokens', store);
    await first.session.signIn(credentials);
    const kept = JSON.parse(store.get('parley.session')!);
    const short = { ...kept, tokens: { ...kept.tokens, expiresIn: 10 } };
    for (const [left, refreshes] of [
      [8_000, 0],
      [4_000, 1],
    ] as const) {
      const bench = createBench('tokens', store);
      store.set('parley.session', JSON.stringify({ ...short, endsAt: bench.clock.now() + left }));
      await bench.session.restore();
      await bench.session.access().catch(() => {});
      expect(bench.calls.filter((call) => call === 'POST /sessions/refresh')).toHaveLength(refreshes);
    }
  });

  it('keeps no secret in cookie mode, and finds its session by asking', async () => {
    const bench = createBench('cookie');
    await bench.session.signIn(credentials);
    expect(bench.store.get('parley.session')).not.toMatch(/access|refresh/);
    const later = createBench('cookie');
    await expect(later.session.restore()).resolves.toMatchObject({ id: 'me' });
    later.revoke();
    await expect(later.session.restore()).resolves.toBeNull();
  });

  it('does not take a wrong password for an ended session', async () => {
    const bench = createBench();
    await bench.session.signIn(credentials);
    const wrong: Http = async () => {
      throw new ParleyError('credentials.wrong', 'wrong', { status: 401 });
    };
    const session = createSession({
      http: wrong,
      store: bench.store,
      clock: bench.clock,
      random: () => 1,
      mode: 'tokens',
      patienceMs: 20_000,
      onEnd: () => {},
    });
    await session.restore();
    await expect(session.call('POST', '/me/password')).rejects.toMatchObject({ code: 'credentials.wrong' });
    expect(session.account).not.toBeNull();
  });

  it('says that there is none', async () => {
    await expect(createBench().session.access()).rejects.toMatchObject({ code: 'session.missing' });
  });

  it('starts without the session that a broken store holds', async () => {
    const store = createMemoryStore();
    store.set('parley.session', '{"account":');
    await expect(createBench('tokens', store).session.restore()).resolves.toBeNull();
  });
});
