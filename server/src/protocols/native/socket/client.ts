import type { ConversationId } from '../../../kernel/ids.ts';
import type { Position } from '../../../model/position.ts';
import type { Connection } from '../../../services/realtime/api.ts';
import type { SocketOutlet } from '../../shared/socket-outlet.ts';

/**
 * What this protocol keeps per socket. An idle one is an outlet, this object and the hub's part, so there are no closures
 * here and no timer once it has said who it is.
 *
 *   waiting (for `auth`) ──▶ opening ──▶ open
 */
export interface Client {
  /** Where it comes from. */
  readonly address: string;
  phase: 'waiting' | 'opening' | 'open';
  /** The hub's part; from `ready` on. */
  connection: Connection | null;
  /** Runs while waiting. */
  timer: NodeJS.Timeout | null;
  /** Frames that came while opening, in order; null at any other time. */
  early: Buffer[] | null;
  /** Frames that were refused for what they are, less those that were good since. */
  invalid: number;
  sendsInFlight: number;
  resumesInFlight: number;
  /** Gathered from `resume` frames with `more`. */
  positions: Map<ConversationId, Position> | null;
  /** Positions that those frames named. */
  named: number;
  /** Positions named in all resumes that are not answered yet. */
  positionsHeld: number;
}

export type ClientOutlet = SocketOutlet<Client>;

export function createClient(address: string): Client {
  return {
    address,
    phase: 'waiting',
    connection: null,
    timer: null,
    early: null,
    invalid: 0,
    sendsInFlight: 0,
    resumesInFlight: 0,
    positions: null,
    named: 0,
    positionsHeld: 0,
  };
}

/** A client that errs now and then is answered; who sends little else is not (PROTOCOL: 4500). */
const mostInvalid = 500;

export function countInvalid(outlet: ClientOutlet): void {
  const client = outlet.state as Client;
  if (++client.invalid > mostInvalid) outlet.close(4500, 'too many frames are not valid');
}
