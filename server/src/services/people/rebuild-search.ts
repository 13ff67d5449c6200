import type { AccountId } from '../../kernel/ids.ts';
import type { Sql } from '../../ports/sql.ts';
import { type NewProfile, writeSearch } from './store.ts';

const pageRows = 500;

/**
 * Indexes all names anew, a page per transaction, in place: people stay findable meanwhile. The rows are locked, so that what
 * their owners change at the same time is not undone. Resolves with the number of profiles.
 */
export async function rebuildPeopleSearch(sql: Sql, onProgress: (profiles: number) => void): Promise<number> {
  let [last, count] = ['00000000-0000-0000-0000-000000000000' as AccountId, 0];
  for (;;) {
    const rows = await sql.transaction(async (tx) => {
      const page = await tx.query<NewProfile>(
        `select id, username, name from people.profiles where id > $1 and not deleted order by id limit ${pageRows} for update`,
        [last],
      );
      await writeSearch(tx, page);
      return page;
    });
    const end = rows.at(-1);
    if (!end) return count;
    last = end.id;
    count += rows.length;
    if (count % 50_000 < pageRows) onProgress(count);
  }
}
