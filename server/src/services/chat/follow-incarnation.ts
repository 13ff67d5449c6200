import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Incarnation } from '../../model/position.ts';
import type { Sql } from '../../ports/sql.ts';
import { loadIncarnation } from './load-incarnation.ts';

/**
 * Where the change stream comes from another history of the database (a failover under a running server), positions are of
 * another epoch from now on: chat knows before the hubs ask it (MESSAGE-PATH rule 11).
 */
export function followIncarnation({ sql, log }: { readonly sql: Sql; readonly log: Log }): {
  readonly unit: Unit;
  /** Of the database when it was last asked; not before the unit has started. */
  current(): Incarnation;
  /** Never rejects. */
  reload(): Promise<void>;
} {
  let known: Incarnation | undefined;
  return {
    unit: {
      async start() {
        known = await loadIncarnation(sql);
      },
    },
    current() {
      if (!known) throw new Error('chat has not started');
      return known;
    },
    async reload() {
      try {
        known = await loadIncarnation(sql);
      } catch (error) {
        // The database went away again; the relay will come back with another reset.
        log.error({ error }, 'which history of the database this is could not be read');
      }
    },
  };
}
