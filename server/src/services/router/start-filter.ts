import type { BusRecord } from '../../ports/bus.ts';

/**
 * Whether a record is to be delivered by a router that started when the chat database stood at `startLsn`: a replay of older
 * changes must not reach new sockets (rule 13). Another incarnation's LSNs are compared with nothing (rule 9). Once the stream
 * has come past the start there is nothing left to ask: repeats are the hub's to drop by their rev. The records of other
 * schemas, which may live in another database, always pass: telling a revocation twice does no harm.
 */
export function createStartFilter(startLsn: bigint): (record: BusRecord) => boolean {
  let incarnation: string | null = null;
  let passed = false;
  return ({ value: { source } }) => {
    if (passed || source.schema !== 'chat') return true;
    incarnation ??= source.incarnation;
    passed = source.incarnation !== incarnation || BigInt(source.lsn) >= startLsn;
    return passed;
  };
}
