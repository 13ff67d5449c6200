import { expect, test } from 'vitest';
import { createDeferred } from '../../../kernel/deferred.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import { HubIndex } from '../hub-index.ts';
import { ServedConversation } from '../served-conversation.ts';
import { createPipeline } from './pipeline.ts';

test('what fails before its turn has come is heard when it comes, and is nobody’s stray rejection', async () => {
  const stray: unknown[] = [];
  const onStray = (reason: unknown) => void stray.push(reason);
  process.on('unhandledRejection', onStray);
  const lost: number[] = [];
  const pipeline = createPipeline({
    index: new HubIndex({ onUserGone() {}, onConversationEmpty() {} }),
    log: silentLog,
    lose: (connections: readonly unknown[]) => void lost.push(connections.length),
  } as unknown as Parameters<typeof createPipeline>[0]);
  const served = new ServedConversation('c' as ConversationId);
  const first = createDeferred();
  void pipeline.begin(served, first.promise);
  const second = pipeline.begin(served, Promise.reject(fail('conversation.unknown')));
  // A rejection counts as stray at the end of the turn in which nobody waits for it.
  await new Promise(setImmediate);
  first.resolve();
  await second;
  process.off('unhandledRejection', onStray);
  expect([stray, lost]).toEqual([[], [0]]);
});
