import { createPostgres } from '../../adapters/sql/postgres/create-postgres.ts';
import type { Sql } from '../../ports/sql.ts';
import { rebuildSearch } from '../../services/chat/projections/rebuild-search.ts';
import { rebuildPeopleSearch } from '../../services/people/rebuild-search.ts';
import type { Options } from '../options.ts';
import { withDatabases } from './with-databases.ts';

interface Projection {
  readonly database: 'chat' | 'people';
  readonly of: string;
  rebuild(sql: Sql, onProgress: (count: number) => void): Promise<number>;
}

const projections = new Map<string, Projection>([
  ['search', { database: 'chat', of: 'messages', rebuild: rebuildSearch }],
  ['people', { database: 'people', of: 'people', rebuild: rebuildPeopleSearch }],
]);

/** `parley rebuild search|people`: the server may be running; what it indexes meanwhile stays. */
export async function runRebuild(options: Options, name: string): Promise<void> {
  const projection = projections.get(name);
  if (!projection) throw new Error(`there is no projection ${name}: search and people can be rebuilt`);
  const count = await withDatabases(options, async (databases) => {
    const sql = createPostgres({ url: databases[projection.database], max: 2, applicationName: 'parley rebuild' });
    try {
      return await projection.rebuild(sql, (done) => console.error(`${done.toLocaleString('en')} ${projection.of}`));
    } finally {
      await sql.close();
    }
  });
  console.log(`the search index holds ${count.toLocaleString('en')} ${projection.of} anew`);
}
