import { expect, test } from 'vitest';
import { systemContext } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Draft } from '../../../model/message.ts';
import type { AppendResult, SendMessages } from '../../../services/chat/api.ts';
import { createCallLimits } from './call-limits.ts';
import { limitAppend } from './limit-append.ts';

const draftOf = (sender: string, id: string) => ({ sender: sender as AccountId, id }) as Draft;
const appendedAs = (seq: number): AppendResult => ({ seq, rev: seq, createdAt: '', repeated: false });

/** Chat, which answers the drafts it gets from the last to the first; `b…` is refused there. */
function createAppend(burst: number) {
  const calls: string[][] = [];
  const append: SendMessages['append'] = async (_ctx, drafts, onResult) => {
    calls.push(drafts.map(({ id }) => id));
    const results = drafts.map(
      ({ id }, at): AppendResult => (id.startsWith('b') ? { code: 'conversation.forbidden' } : appendedAs(at)),
    );
    for (const at of [...drafts.keys()].reverse()) onResult?.(at, results[at] as AppendResult);
    return results;
  };
  const limits = createCallLimits({ sends: { perSecond: 0.5, burst } });
  const heard: [number, AppendResult][] = [];
  const limited = limitAppend({ append }, limits);
  const send = (drafts: readonly Draft[]) =>
    limited(systemContext('test'), drafts, (at, result) => void heard.push([at, result]));
  return { calls, heard, send };
}

test('each draft takes from its sender; what is over is answered in its place and its neighbours go on', async () => {
  const { calls, heard, send } = createAppend(2);
  const drafts = [
    draftOf('ann', 'a1'),
    draftOf('ann', 'a2'),
    draftOf('ann', 'a3'),
    draftOf('bob', 'b1'),
    draftOf('ann', 'a4'),
    draftOf('eve', 'e1'),
  ];
  const results = await send(drafts);
  expect(calls).toEqual([['a1', 'a2', 'b1', 'e1']]);
  const refused = { code: 'rate.limited', retryAfterMs: expect.any(Number) };
  expect(results).toEqual([
    ...[appendedAs(0), appendedAs(1), refused],
    ...[{ code: 'conversation.forbidden' }, refused, appendedAs(3)],
  ]);
  expect(heard.map(([at]) => at)).toEqual([2, 4, 5, 3, 1, 0]);
  for (const [at, result] of heard) expect(result).toEqual(results[at]);
  expect((results[2] as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(1_000);
});

test('chat is not asked when nothing is left, and gets the very drafts when nothing is over', async () => {
  const { calls, send } = createAppend(1);
  expect(await send([draftOf('ann', 'a1')])).toEqual([appendedAs(0)]);
  expect(await send([draftOf('ann', 'a2')])).toMatchObject([{ code: 'rate.limited' }]);
  expect(await send([])).toEqual([]);
  expect(calls).toEqual([['a1'], []]);
});
