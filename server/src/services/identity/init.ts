import type { Mailer } from '../../ports/mail.ts';
import { partsFor, type ServiceParts, type WiredService } from '../../ports/service.ts';
import type { Sql } from '../../ports/sql.ts';
import type { TellProcesses } from '../process/api.ts';
import { createIdentity } from './module.ts';
import type { WholeIdentityApi } from './trusted-api.ts';

/** What of the program it is wired to. */
export interface IdentityParts extends ServiceParts {
  readonly sql: { readonly identity: Sql };
  readonly mailer: Mailer;
  readonly processes: TellProcesses;
  readonly options: {
    readonly admins: readonly string[];
    readonly 'access-token-seconds': number;
    readonly 'key-secret': readonly string[];
    readonly 'sign-ins-per-minute': number;
  };
}

export function initIdentity(p: IdentityParts): WiredService<{ identity: WholeIdentityApi }> {
  const perAddress = { attempts: p.options['sign-ins-per-minute'] * 5, seconds: 300 };
  const { api, unit } = createIdentity({
    ...partsFor(p, 'identity'),
    sql: p.sql.identity,
    mailer: p.mailer,
    onRevoked: (user, sessions) =>
      p.processes.tell('endSessions', (process, ctx) => process.onRevoked(ctx, user, sessions)),
    config: {
      admins: p.options.admins,
      accessTokenSeconds: p.options['access-token-seconds'],
      keySecrets: p.options['key-secret'],
      signInLimits: { perLogin: { attempts: 20, seconds: 300 }, perAddress },
    },
  });
  return { unit, apis: { identity: api } };
}
