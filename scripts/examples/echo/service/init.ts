import { partsFor, type ServiceParts, type WiredService } from '../../ports/service.ts';
import type { Sql } from '../../ports/sql.ts';
import type { EchoApi } from './api.ts';
import { createEcho } from './module.ts';

/** What of the program it is wired to. */
export interface EchoParts extends ServiceParts {
  readonly sql: { readonly echo: Sql };
}

export function initEcho(p: EchoParts): WiredService<{ echo: EchoApi }> {
  const { api, unit } = createEcho({ ...partsFor(p, 'echo'), sql: p.sql.echo });
  return { unit, apis: { echo: api } };
}
