import type { Sql } from '../../../ports/sql.ts';
import type { Gauge } from './create-storage-guard.ts';

/**
 * MESSAGE-PATH rule 11: when a replication slot holds 70 % of the WAL that `max_slot_wal_keep_size` lets it keep, appending on
 * would cut off its reader. Roomy again below 60 %. A slot that is lost already holds nothing; without a limit there is no share.
 * Only slots of this database count: somebody else's, forgotten on the same server, must not stop us for ever.
 */
export function slotGauge(sql: Sql, name = 'slot'): Gauge {
  return {
    name,
    async read() {
      const [row] = await sql.query<{ share: number | null; slot: string | null }>(
        `select slot_name as slot,
                (pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) / keep.bytes)::float8 as share
         from pg_replication_slots,
              (select nullif(setting::numeric, -1) * 1024 * 1024 as bytes from pg_settings
               where name = 'max_slot_wal_keep_size') as keep
         where database = current_database() and restart_lsn is not null and keep.bytes > 0
         order by share desc limit 1`,
      );
      const share = row?.share ?? 0;
      const detail = `the slot ${row?.slot ?? '(none)'} holds ${Math.round(share * 100)} % of the WAL it may keep`;
      return { state: share >= 0.7 ? 'full' : share < 0.6 ? 'roomy' : 'between', detail };
    },
  };
}
