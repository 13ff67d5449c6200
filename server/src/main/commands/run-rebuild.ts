import { createPostgres } from '../../adapters/sql/postgres/create-postgres.ts';
import { rebuildSearch } from '../../services/chat/projections/rebuild-search.ts';
import type { Options } from '../options.ts';
import { withDatabases } from './with-databases.ts';

/** `parley rebuild search`: the server may be running; what it indexes meanwhile stays. */
export async function runRebuild(options: Options, projection: string): Promise<void> {
  if (projection !== 'search')
    throw new Error(`there is no projection ${projection}: search is the one that can be rebuilt`);
  const count = await withDatabases(options, async (databases) => {
    const sql = createPostgres({ url: databases.chat, max: 2, applicationName: 'parley rebuild' });
    try {
      return await rebuildSearch(sql, (messages) => console.error(`${messages.toLocaleString('en')} messages`));
    } finally {
      await sql.close();
    }
  });
  console.log(`the search index holds ${count.toLocaleString('en')} messages anew`);
}
