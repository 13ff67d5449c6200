import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { Tokens } from '../api.ts';
import type { Parts } from '../parts.ts';
import { codeOf } from '../tokens/revocations.ts';
import { revoke } from './end-sessions.ts';
import { parseRefreshToken, type RefreshToken, rotate } from './opaque-tokens.ts';
import { readFamily, rotateRefresh } from './session-store.ts';

/**
 * Of two refreshes with one token, at once or one after the other, the first wins and the second ends the session: one of the two
 * was a thief, and nobody can say which (RFC 9700, section 4.14). A client therefore refreshes once at a time, and gives a `key`:
 * the same token with the same key is the same request, whose answer was lost, and is answered again until its answer has been
 * used. Else every answer that a restart swallows would end a session.
 */
export async function refresh(parts: Parts, _ctx: Context, text: string, key?: string): Promise<Tokens> {
  const used = parseRefreshToken(text);
  if (!used) throw fail('token.invalid');
  const next = rotate(text, key);
  const turn = (from: RefreshToken) => rotateRefresh(parts.sql, parts.config.sessionDays, from, next);
  const owner = (await turn(used)) ?? (key === undefined ? null : await turn(next));
  if (!owner) return refuse(parts, used);
  const access = await parts.tokens.issue(owner);
  return { access, refresh: next.text, expiresIn: parts.config.accessTokenSeconds };
}

async function refuse(parts: Parts, used: RefreshToken): Promise<never> {
  const family = await readFamily(parts.sql, used);
  if (!family) throw fail('token.invalid');
  if (family.revoked_at !== null) throw fail(codeOf(family.revoked_reason));
  if (!family.present) {
    await revoke(parts, family.account, 'reuse', { only: used.session });
    parts.log.warn(
      { session: used.session, account: family.account },
      'a used refresh token came again: session ended',
    );
  }
  // Else: the present token of a session nobody has used for too long.
  throw fail('session.revoked');
}
