import type { ConversationId } from '../../../kernel/ids.ts';
import type { Continuity, Position } from '../../../model/position.ts';
import type { Hold } from '../connections/live-connection.ts';

/** One named conversation on its way from the client's position to level with what is withheld. */
export interface Leg {
  readonly conversation: ConversationId;
  readonly hold: Hold;
  position: Position;
  continuity: Continuity;
  /** The position is not a claim of the client any more but was read here. */
  read: boolean;
}
