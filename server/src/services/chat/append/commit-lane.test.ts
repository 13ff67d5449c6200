import { expect, test } from 'vitest';
import { systemClock } from '../../../kernel/clock.ts';
import { createDeferred, type Deferred } from '../../../kernel/deferred.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import type { Draft } from '../../../model/message.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';
import { decide } from '../deciding/decide.ts';
import { createCommitLane } from './commit-lane.ts';
import type { Waiting } from './waiting.ts';

/** A database of which it only counts how many connections are held at once; each holds until it is let go. */
function createHolding() {
  const holding: Deferred<never>[] = [];
  const seen = { now: 0, most: 0 };
  const sql = {
    async session() {
      seen.most = Math.max(seen.most, ++seen.now);
      const held = createDeferred<never>();
      holding.push(held);
      const session = {
        broken: false,
        query: (text: string) => (text.startsWith('set ') ? Promise.resolve([]) : held.promise),
        release: () => void seen.now--,
      };
      return session as unknown as SqlSession;
    },
  } as unknown as Sql;
  return { sql, seen, letGo: () => holding.shift()?.reject(new Error('let go')) };
}

const waiting = (): Waiting => ({
  draft: { conversation: 'c' as ConversationId, content: '' } as Draft,
  deadline: Number.POSITIVE_INFINITY,
  bytes: 1,
  answer() {},
});

test('four conversations wait alone at once and no fifth, at whatever moment it comes', async () => {
  for (let steps = 0; steps < 30; steps++) {
    const { sql, seen, letGo } = createHolding();
    const lane = createCommitLane({ sql, decide, log: silentLog, clock: systemClock });
    const waits = Array.from({ length: 5 }, () => lane.waitAlone([waiting()]));
    await new Promise(setImmediate);
    expect(seen.now).toBe(4);
    letGo();
    for (let i = 0; i < steps; i++) await null;
    waits.push(lane.waitAlone([waiting()]));
    await new Promise(setImmediate);
    expect(seen.most).toBe(4);
    for (let i = 0; i < waits.length; i++) {
      letGo();
      await new Promise(setImmediate);
    }
    await Promise.all(waits);
  }
});
