import type { SessionRow } from '../../model/identity-rows.ts';
import type { BusRecord } from '../../ports/bus.ts';
import type { Revocations } from './tokens/revocations.ts';

/** Learns what other processes have revoked. Adding twice changes nothing, so it needs no position. */
export function onIdentityChanges(records: readonly BusRecord[], revocations: Revocations): void {
  for (const { value } of records) {
    if (value.source.table !== 'sessions' || !value.after) continue;
    const row = value.after as SessionRow;
    if (row.revoked_at !== null) {
      revocations.add({
        session: row.id,
        reason: row.revoked_reason ?? 'signed-out',
        at: Date.parse(row.revoked_at),
      });
    }
  }
}
