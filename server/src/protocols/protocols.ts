import * as every from './every-protocol.ts';
import type { ProtocolData, Surface } from './shared/protocol.ts';

/** Every public protocol. None relies on being registered before or after another. */
export const protocols: readonly ProtocolData[] = Object.values(every);

/** What a protocol serves on a port of its own, or on the ports that all share; there null when it is not served. */
export function surfaceOf({ mainPort, ownPort }: ProtocolData, own: boolean): Required<Surface> | null {
  const none: Required<Surface> = { http: [], upgrades: [], streams: [], grpc: [] };
  if (own) return { ...none, ...mainPort, ...ownPort };
  return mainPort && { ...none, ...mainPort };
}
