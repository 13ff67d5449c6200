import type { AppendResult, SendMessages } from '../../../services/chat/api.ts';
import type { CallLimits } from './call-limits.ts';

type Append = SendMessages['append'];

/**
 * Each draft takes from its own sender: one call may hold those of many. What is over is answered in its place and at once, and its
 * neighbours go on as if it had not been there.
 */
export function limitAppend(chat: SendMessages, limits: Pick<CallLimits, 'takeSend'>): Append {
  return async (ctx, drafts, onResult) => {
    const refused = new Map<number, AppendResult>();
    for (const [index, { sender }] of drafts.entries()) {
      const retryAfterMs = limits.takeSend(sender);
      if (retryAfterMs > 0) refused.set(index, { code: 'rate.limited', retryAfterMs });
    }
    if (refused.size === 0) return chat.append(ctx, drafts, onResult);
    for (const [index, result] of refused) onResult?.(index, result);
    const taken = [...drafts.keys()].filter((index) => !refused.has(index));
    const results = await appendSome(chat, ctx, drafts, taken, onResult);
    const answered = new Map(taken.map((index, at) => [index, results[at] as AppendResult]));
    return drafts.map((_, index) => (refused.get(index) ?? answered.get(index)) as AppendResult);
  };
}

async function appendSome(
  chat: SendMessages,
  ctx: Parameters<Append>[0],
  drafts: Parameters<Append>[1],
  taken: readonly number[],
  onResult: Parameters<Append>[2],
): Promise<readonly AppendResult[]> {
  if (taken.length === 0) return [];
  const some = taken.map((index) => drafts[index] as (typeof drafts)[number]);
  return chat.append(ctx, some, onResult && ((at, result) => onResult(taken[at] as number, result)));
}
