import type { Unit } from '../../kernel/lifecycle.ts';
import { createIdentity } from '../../services/identity/module.ts';
import type { ProgramContext } from '../program-context.ts';
import { shared } from './shared.ts';

export function initIdentity(p: ProgramContext): Unit {
  const perAddress = { attempts: p.options['sign-ins-per-minute'] * 5, seconds: 300 };
  const { api, unit } = createIdentity({
    ...shared(p, 'identity'),
    sql: p.sql.identity,
    mailer: p.mailer,
    onRevoked: (user, sessions) =>
      p.processes.tell(['gateway', 'realtime'], (process, ctx) => process.onRevoked(ctx, user, sessions)),
    config: {
      admins: p.options.admins,
      accessTokenSeconds: p.options['access-token-seconds'],
      keySecrets: p.options['key-secret'],
      signInLimits: { perLogin: { attempts: 20, seconds: 300 }, perAddress },
    },
  });
  p.services.provide('identity', api);
  return unit;
}
