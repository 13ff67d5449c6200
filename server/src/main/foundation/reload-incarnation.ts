import { loadIncarnation } from '../../services/chat/load-incarnation.ts';
import type { ProgramContext } from '../program-context.ts';

/**
 * Where the change stream comes from another history of the database (a failover under a running server), positions are of
 * another epoch from now on: chat knows before the hubs ask it (MESSAGE-PATH rule 11). Never rejects.
 */
export async function reloadIncarnation(p: Pick<ProgramContext, 'sql' | 'onLost' | 'incarnation'>): Promise<void> {
  try {
    p.incarnation = await loadIncarnation(p.sql.chat);
  } catch (error) {
    p.onLost(error); // the database went away again; the relay will come back with another reset
  }
}
