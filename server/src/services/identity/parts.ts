import type { Clock } from '../../kernel/clock.ts';
import type { AccountId, SessionId } from '../../kernel/ids.ts';
import type { Log } from '../../kernel/log.ts';
import type { TokenBuckets } from '../../kernel/token-buckets.ts';
import type { Mailer } from '../../ports/mail.ts';
import type { Sql } from '../../ports/sql.ts';
import type { Courier } from './accounts/courier.ts';
import type { PasswordHasher } from './accounts/password-hasher.ts';
import type { IdentityConfig } from './config.ts';
import type { GuessLimits } from './sessions/guess-limits.ts';
import type { AccessTokens } from './tokens/access-tokens.ts';
import type { Revocations } from './tokens/revocations.ts';
import type { SigningKeys } from './tokens/signing-keys.ts';

/** What the commands of this service share; made once by module.ts. */
export interface Parts {
  readonly sql: Sql;
  readonly log: Log;
  readonly clock: Clock;
  readonly config: IdentityConfig;
  readonly keys: SigningKeys;
  readonly tokens: AccessTokens;
  readonly revocations: Revocations;
  readonly onRevoked: (account: AccountId, sessions: readonly SessionId[]) => Promise<void>;
  readonly hasher: PasswordHasher;
  readonly mailer: Mailer;
  readonly courier: Courier;
  /** Counted in this process, by what is guessed at: what one caller may do is counted before it comes here. */
  readonly limits: {
    /** Whoever tries to sign in. */
    readonly guesses: GuessLimits;
    /** Proofs of one's own password, by account. */
    readonly own: TokenBuckets;
    readonly recovery: TokenBuckets;
  };
}
