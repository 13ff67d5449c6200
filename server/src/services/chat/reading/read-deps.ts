import type { ChatDeps } from '../deps.ts';
import type { PageCache } from './page-cache.ts';
import type { RequireReader } from './readers.ts';

/** What reads are made with besides. */
export interface ReadDeps extends ChatDeps {
  readonly requireReader: RequireReader;
  readonly pages: PageCache;
}
