import { loadIncarnation } from '../services/chat/load-incarnation.ts';
import type { ProgramContext } from './program-context.ts';

type Needed = Pick<ProgramContext, 'sql' | 'services' | 'createContext' | 'onLost' | 'incarnation'>;

/**
 * The change stream has a gap (MESSAGE-PATH rule 11). Where it comes from another history of the database (a failover under a
 * running server), positions are of another epoch from now on: so that is read first, and the hubs compare with it.
 */
export async function onReset(p: Needed, reason: string): Promise<void> {
  try {
    p.incarnation = await loadIncarnation(p.sql.chat);
  } catch (error) {
    // the database went away again; the relay will come back with another reset
    p.onLost(error);
  }
  await p.services.connect('realtime').doubt(p.createContext('relay'), reason).catch(p.onLost);
}
