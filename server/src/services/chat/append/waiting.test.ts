import { expect, test } from 'vitest';
import { systemClock } from '../../../kernel/clock.ts';
import { systemContext } from '../../../kernel/context.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import { noMetrics } from '../../../kernel/metrics.ts';
import type { Draft } from '../../../model/message.ts';
import type { Sql } from '../../../ports/sql.ts';
import { createCommitter } from './committer.ts';
import { draftBytes } from './waiting.ts';

const draftOf = (content: string): Draft =>
  ({ conversation: 'c' as ConversationId, content, mentions: [] }) as unknown as Draft;

test('a draft is counted by bytes, not by characters', () => {
  expect(draftBytes(draftOf('終'.repeat(100))) - draftBytes(draftOf(''))).toBe(300);
});

test('what waits is bounded by bytes, whatever the number of drafts', async () => {
  const committer = createCommitter({
    // never answers: nothing of what is taken comes to an end
    sql: { session: () => new Promise(() => {}) } as unknown as Sql,
    storage: { full: () => false },
    log: silentLog,
    metrics: noMetrics,
    clock: systemClock,
    config: { queueBytes: 3_000 },
  });
  const append = (content: string) => committer.append(systemContext('test'), [draftOf(content)]);
  const first = append('終'.repeat(700)); // 2,612 bytes
  const [refused] = await append('終');
  expect(refused).toMatchObject({ code: 'service.overloaded' });
  expect(await Promise.race([first, Promise.resolve('waits')])).toBe('waits');
});
