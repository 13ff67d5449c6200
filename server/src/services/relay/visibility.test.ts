import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../kernel/log.ts';
import type { SideConnection } from '../../ports/replication.ts';
import { createVisibility, endedIn } from './visibility.ts';

const lower32 = (xid: bigint) => Number(BigInt.asUintN(32, xid));

describe('a transaction has ended in a snapshot', () => {
  test('below its xmax, unless it is listed: whatever the wraps of the 32 bits of the log', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 2n ** 31n, max: 2n ** 60n }),
        fc.uniqueArray(fc.bigInt({ min: 1n, max: 2n ** 31n - 1n }), { maxLength: 5 }),
        fc.bigInt({ min: -(2n ** 31n) + 1n, max: 2n ** 31n - 1n }),
        (xmax, ages, distance) => {
          const running = ages.map((age) => xmax - age).sort((a, b) => (a < b ? -1 : 1));
          const isEnded = endedIn(`${running[0] ?? xmax}:${xmax}:${running.join(',')}`);
          const xid = xmax + distance;
          expect(isEnded(lower32(xid))).toBe(distance < 0n && !running.includes(xid));
          for (const one of running) expect(isEnded(lower32(one))).toBe(false);
        },
      ),
      {
        examples: [
          [2n ** 32n, [], -1n],
          [2n ** 32n, [], 0n],
          [2n ** 32n + 1n, [2n], -2n],
        ],
      },
    );
  });

  test('and what is no snapshot is an error', () => {
    for (const text of ['', '7', '7:8', 'a:b:c']) expect(() => endedIn(text)).toThrow('is not a snapshot');
  });
});

describe('who waits for transactions', () => {
  /** Answers one statement after the other; the last answer stays. */
  function connection(...answers: (string | Error)[]) {
    let asked = 0;
    const side: SideConnection = {
      async query() {
        const answer = answers[Math.min(asked++, answers.length - 1)] as string | Error;
        if (answer instanceof Error) throw answer;
        return [{ snapshot: answer, state: 'async' }];
      },
      close: async () => {},
    };
    return { side, asked: () => asked };
  }

  test('is answered in order, a later one not before an earlier', async () => {
    const { side } = connection('5:8:5', '5:8:5', '8:8:');
    const visibility = createVisibility(side, 1, silentLog);
    const told: number[] = [];
    await Promise.all(
      [4, 5, 6, 7].map(async (xid) => {
        await visibility.until(new Set([xid]));
        told.push(xid);
      }),
    );
    expect(told).toEqual([4, 5, 6, 7]);
  });

  test('shares one statement with all who wait', async () => {
    const { side, asked } = connection('9:9:');
    const visibility = createVisibility(side, 1, silentLog);
    await Promise.all([4, 5, 6, 7].map((xid) => visibility.until(new Set([xid]))));
    expect(asked()).toBe(1);
  });

  test('is answered again, who asks again as soon as they are answered', async () => {
    const { side } = connection('9:9:');
    const visibility = createVisibility(side, 1, silentLog);
    let answers = 0;
    await visibility.until(new Set([4])).then(() => {
      answers++;
      return visibility.until(new Set([5])).then(() => answers++);
    });
    expect(answers).toBe(2);
  });

  test('is refused when it cannot be learned, then and later', async () => {
    const { side } = connection('5:8:5', new Error('gone'));
    const visibility = createVisibility(side, 1, silentLog);
    const waits = [visibility.until(new Set([4])), visibility.until(new Set([5])), visibility.until(new Set([6]))];
    expect((await Promise.allSettled(waits)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    await expect(visibility.until(new Set([7]))).rejects.toThrow('gone');
  });

  test('is refused when nobody asks any more', async () => {
    const { side } = connection('5:8:5');
    const visibility = createVisibility(side, 1, silentLog);
    const wait = visibility.until(new Set([5]));
    await visibility.close();
    await expect(wait).rejects.toThrow('nobody asks');
  });
});
