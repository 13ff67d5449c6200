import { createByteCache } from '../../../kernel/byte-cache.ts';
import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { isUuid, type SessionId } from '../../../kernel/ids.ts';
import type { IdentityApi, Verified } from '../api.ts';
import type { Parts } from '../parts.ts';
import { codeOf } from '../tokens/revocations.ts';
import { createCookieSecret, parseCookieSecret } from './opaque-tokens.ts';
import { readCookie, writeCookie } from './session-store.ts';

/** How long a cookie is answered from memory; well below the time a revocation is remembered for. */
const cachedMs = 60_000;
/** Some 20,000 cookies. */
const cachedBytes = 16 * 1024 * 1024;

interface Resolved extends Pick<Verified, 'principal'> {
  /** Unix milliseconds. */
  readonly until: number;
}

/** The browser's credential: a secret per session, of which the hash is stored. */
export function createSessionCookies(parts: Parts): Pick<IdentityApi, 'createCookie' | 'resolveCookie'> {
  const { sql, clock, config, revocations } = parts;
  const resolved = createByteCache<Resolved>({ maxBytes: cachedBytes, sizeOf: () => 250 });

  async function read(text: string): Promise<Resolved> {
    const cookie = parseCookieSecret(text);
    if (!cookie) throw fail('token.invalid');
    const row = await readCookie(sql, config.sessionDays, cookie.session, cookie.hash);
    if (!row) throw fail('token.invalid');
    if (row.revoked_at !== null) throw fail(codeOf(row.revoked_reason));
    if (row.idle) throw fail('session.revoked');
    const { account, session, username, admin } = row;
    return { principal: { account, session, username, admin }, until: clock.wall() + cachedMs };
  }

  return {
    async createCookie(_ctx: Context, session: SessionId) {
      if (!isUuid(session)) throw fail('session.revoked');
      const cookie = createCookieSecret(session);
      if (!(await writeCookie(sql, config.sessionDays, session, cookie.hash))) throw fail('session.revoked');
      return { value: cookie.text, maxAgeSeconds: config.sessionDays * 86_400 };
    },
    async resolveCookie(_ctx: Context, text: string) {
      let found = resolved.get(text);
      if (!found || found.until <= clock.wall()) {
        found = await read(text);
        resolved.set(text, found);
      }
      // Asked every time, and after the database: a revocation between the two must not be missed (MESSAGE-PATH rule 18).
      revocations.check(found.principal.session);
      // From now on: what is answered from memory is as good as what was read.
      return { principal: found.principal, expiresAt: clock.wall() + config.accessTokenSeconds * 1_000 };
    },
  };
}
