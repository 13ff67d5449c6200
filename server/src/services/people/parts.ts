import type { Sql } from '../../ports/sql.ts';
import type { ChatApi } from '../chat/api.ts';
import type { IdentityApi } from '../identity/api.ts';
import type { ProfileCache } from './profile-cache.ts';

/** What the commands and queries of this service share; made once by module.ts. */
export interface Parts {
  readonly sql: Sql;
  /** For accounts whose change has not arrived yet: who has just signed up can be found at once. */
  readonly identity: Pick<IdentityApi, 'getAccounts' | 'resolveUsernames'>;
  /** For whose an attachment is that becomes somebody's picture. */
  readonly chat: Pick<ChatApi, 'getAttachment'>;
  readonly cache: ProfileCache;
}
