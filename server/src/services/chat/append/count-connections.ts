/** Conversations whose head another process holds, waited for at once; each keeps a connection. */
export const waitingAlone = 4;

/** For commands, reads and projections: as many as let them go on while the committer has all of its own. */
const others = 14;

/** Connections that a process of chat opens: the committer keeps those of its lanes and of what waits alone for ever. */
export function countConnections(lanes: number): number {
  return lanes + waitingAlone + others;
}
