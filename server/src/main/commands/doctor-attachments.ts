import { createDiskBlobs } from '../../adapters/blobs/disk/create-disk-blobs.ts';
import { createPostgres } from '../../adapters/sql/postgres/create-postgres.ts';
import { isUuid } from '../../kernel/ids.ts';
import type { Sql } from '../../ports/sql.ts';
import type { Finding } from './finding.ts';

/** Files a day old: before that their row may still come. */
const strayMs = 86_400_000;
const askedAtOnce = 1_000;

/**
 * What attachments take, what of it nothing shows any more, and what belongs to nobody. The running gateways remove it: much of it
 * means that none runs, or that they lack the folder. Nothing where the database does not answer or has no such table yet: others say so.
 */
export async function lookAtAttachments(url: string, folder: string): Promise<readonly Finding[]> {
  const sql = createPostgres({ url, max: 1, applicationName: 'parley doctor', statementTimeoutMs: 60_000 });
  try {
    return [await lookAtRows(sql), await lookAtFiles(sql, folder)];
  } catch {
    return [];
  } finally {
    await sql.close();
  }
}

async function lookAtRows(sql: Sql): Promise<Finding> {
  const [row] = await sql.query<{ count: number; stored: number; reclaimable: number; late: number }>(
    `select count(*)::float8 as count, coalesce(sum(size), 0)::float8 as stored,
       coalesce(sum(size) filter (where check_at <= now() or state = 'dropped'), 0)::float8 as reclaimable,
       count(*) filter (where check_at > to_timestamp(0) and check_at < now() - interval '1 day')::float8 as late
     from chat.attachments`,
  );
  const { count = 0, stored = 0, reclaimable = 0, late = 0 } = row ?? {};
  return {
    ok: late === 0,
    check: 'attachments',
    found: `${count}, ${inMebibytes(stored)}, of which ${inMebibytes(reclaimable)} reclaimable`,
    ...(late > 0 && {
      consequence: `${late} should have been looked at more than a day ago. A running gateway does it: does one run, and what does it log?`,
    }),
  };
}

async function lookAtFiles(sql: Sql, folder: string): Promise<Finding> {
  const before = Date.now() - strayMs;
  let [count, bytes] = [0, 0];
  let asked = new Map<string, number>();
  const ask = async () => {
    const rows = await sql.query<{ id: string }>(
      `select given.id from unnest($1::uuid[]) given(id)
       where not exists (select 1 from chat.attachments a where a.id = given.id)`,
      [[...asked.keys()]],
    );
    count += rows.length;
    for (const { id } of rows) bytes += asked.get(id) ?? 0;
    asked = new Map();
  };
  for await (const { key, size, putAt } of createDiskBlobs({ folder }).list()) {
    if (putAt > before || !isUuid(key)) continue;
    asked.set(key, size);
    if (asked.size === askedAtOnce) await ask();
  }
  if (asked.size > 0) await ask();
  return {
    ok: true,
    check: `files of no attachment in ${folder}`,
    found: count === 0 ? 'none' : `${count}, ${inMebibytes(bytes)} reclaimable: a running gateway removes them`,
  };
}

const inMebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
