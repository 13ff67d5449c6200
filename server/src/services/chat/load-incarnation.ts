import type { Incarnation } from '../../model/position.ts';
import type { Sql } from '../../ports/sql.ts';

/**
 * Which history of the chat database this is (MESSAGE-PATH rule 9). The timeline is that of the WAL being written: the control
 * file's is an older one until the first checkpoint after a promotion.
 */
export async function loadIncarnation(sql: Sql): Promise<Incarnation> {
  const [row] = await sql.query<{ system: string; timeline: number; restore: string }>(
    `select s.system_identifier::text as system, i.restore,
       ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as timeline
     from pg_control_system() s, chat.incarnation i`,
  );
  if (!row) throw new Error('chat.incarnation is empty: the migrations have not run');
  return { systemId: row.system, timeline: row.timeline, restore: row.restore };
}
