import { describe, expect, it } from 'vitest';
import { ParleyError } from './errors.ts';
import { repeatCalls } from './repeat-calls.ts';
import { createTestClock } from './testing/test-clock.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Calls that fail with what is given, one after the other, then succeed. */
function start(failures: (ParleyError | TypeError)[]) {
  const clock = createTestClock();
  const calls: number[] = [];
  const began = clock.now();
  const call = repeatCalls(
    async () => {
      calls.push(clock.now() - began);
      const failure = failures.shift();
      if (failure) throw failure;
      return 'answer' as never;
    },
    { clock, random: () => 1, patienceMs: 20_000 },
  );
  async function ask(method: string, signal?: AbortSignal): Promise<unknown> {
    const answer = call<string>(method, '/x', signal ? { signal } : {}).catch((error) => error);
    for (let i = 0; i < 200; i++) {
      await settle();
      clock.advance(500);
    }
    return answer;
  }
  return { ask, calls };
}

const away = (retryAfterMs?: number) =>
  new ParleyError('service.unavailable', 'away', { status: 503, retryable: true, retryAfterMs });

describe('repeated calls', () => {
  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])(
    '%s is repeated with growing pauses until it is answered',
    async (method) => {
      const { ask, calls } = start([away(), away(), away()]);
      expect(await ask(method)).toBe('answer');
      expect(calls).toEqual([0, 500, 1_500, 3_500]);
    },
  );

  it('is repeated when its token has expired on the way, as one does that waits at a busy server', async () => {
    const late = new ParleyError('token.expired', 'late', { status: 401 });
    const { ask, calls } = start([late, late]);
    expect(await ask('PATCH')).toBe('answer');
    expect(calls).toEqual([0, 500, 1_500]);
  });

  it('waits as long as the server asks', async () => {
    const { ask, calls } = start([away(7_000)]);
    expect(await ask('GET')).toBe('answer');
    expect(calls).toEqual([0, 7_000]);
  });

  it('gives up when nobody would wait so long', async () => {
    const { ask, calls } = start(Array.from({ length: 50 }, () => away()));
    expect(await ask('GET')).toMatchObject({ code: 'service.unavailable' });
    expect(calls).toEqual([0, 500, 1_500, 3_500, 6_500, 9_500, 12_500, 15_500, 18_500]);
    const long = start([away(60_000)]);
    expect(await long.ask('GET')).toMatchObject({ code: 'service.unavailable' });
    expect(long.calls).toEqual([0]);
  });

  it('repeats no POST, nothing refused for good, nothing aborted, and no fault of ours', async () => {
    const forbidden = new ParleyError('action.forbidden', 'no', { status: 403 });
    for (const [method, failure, signal] of [
      ['POST', away()],
      ['GET', forbidden],
      ['GET', new TypeError('a bug')],
      ['GET', away(), AbortSignal.abort()],
    ] as const) {
      const { ask, calls } = start([failure]);
      expect(await ask(method, signal)).toBe(failure);
      expect(calls).toEqual([0]);
    }
  });
});
