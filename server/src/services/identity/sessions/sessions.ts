import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { isUuid, type SessionId } from '../../../kernel/ids.ts';
import type { Session } from '../api.ts';
import type { Parts } from '../parts.ts';
import { revoke } from './end-sessions.ts';
import { readSessions } from './session-store.ts';

/** The caller's own, last used first. */
export async function listSessions(parts: Parts, ctx: Context): Promise<readonly Session[]> {
  const { account, session } = requirePrincipal(ctx);
  const rows = await readSessions(parts.sql, parts.config.sessionDays, account);
  return rows.map((row) => ({
    id: row.id,
    device: row.device,
    address: row.address,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    current: row.id === session,
  }));
}

/** Somebody else's session is as unknown as one that never was: no error. */
export async function revokeSession(parts: Parts, ctx: Context, session: SessionId): Promise<void> {
  const { account } = requirePrincipal(ctx);
  if (isUuid(session)) await revoke(parts, account, 'signed-out', { only: session });
}
