import type { Outlet } from '../../../../services/realtime/api.ts';
import type { SocketOutlet } from '../../../shared/socket-outlet.ts';
import type { Group } from '../engine/groups.ts';

/**
 * One subscription's share of its socket. Bytes that wait are those of all of them, so a slow socket loses all its subscriptions at once:
 * the client comes back with its positions. It is pinged for all by the connection of its own.
 */
export function createSubscriptionOutlet(socket: SocketOutlet<unknown>, group: Group, id: string): Outlet {
  const idText = new TextEncoder().encode(JSON.stringify(id));
  return {
    write: (lines) => group.write(socket, lines, idText),
    get buffered() {
      return socket.buffered;
    },
    close: (code, reason) => socket.close(code, reason),
    onDrain: (callback) => socket.onDrain(callback),
  };
}
