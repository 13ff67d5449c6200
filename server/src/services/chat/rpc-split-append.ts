import type { Draft } from '../../model/message.ts';
import type { Spread } from '../../rpc/rpc-service.ts';
import type { AppendResult } from './api.ts';
import { draftBytes } from './append/waiting.ts';

/** Drafts go to the instances of their conversations (rule 3), and one instance's failure is that of its drafts alone. */
export const splitAppend: Spread<[drafts: readonly Draft[]]> = {
  keys: (drafts) => drafts.map((draft) => draft.conversation),
  bytes: (drafts) => drafts.reduce((sum, draft) => sum + draftBytes(draft), 0),
  take: (items) => [items.map(({ args: [drafts], index }) => drafts[index] as Draft)],
  failed: ({ code, message, retryAfterMs }): AppendResult => ({
    code,
    detail: message,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }),
};
