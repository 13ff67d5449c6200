import type { Unit } from '../../kernel/lifecycle.ts';
import type { MembershipRow } from '../../model/chat-rows.ts';
import { type BusRecord, type Subscription, topics } from '../../ports/bus.ts';
import { foldBlocks } from './blocks-projection.ts';
import type { ChatDeps } from './deps.ts';
import type { MemberCache } from './member-cache.ts';
import { createProjection } from './projection.ts';
import { foldSearch } from './search-projection.ts';

/** Records of one projection's transaction at the most (rule 13). */
const maxBatch = 500;

/** What chat makes of changes: the search index, who blocks whom, and a member cache that forgets what has changed. */
export function createConsumers(deps: ChatDeps, members: MemberCache): Unit {
  const lag = deps.metrics.gauge(
    'parley_search_lag_seconds',
    'Age of the newest message change the search index has taken in, when it took it',
  );
  const search = createProjection(deps.sql, 'search', foldSearch);
  const blocks = createProjection(deps.sql, 'chat-blocks', foldBlocks);
  let subscriptions: readonly Subscription[] = [];

  return {
    async start() {
      subscriptions = await Promise.all([
        deps.bus.subscribe(
          'search',
          [topics.chat],
          async (records) => {
            await search(records);
            const last = records.at(-1);
            if (last) lag.set(Math.max(0, deps.clock.wall() - last.value.source.ts_ms) / 1_000);
          },
          { maxBatch, poisonAfter: 3 },
        ),
        deps.bus.subscribe(
          'chat-blocks',
          [topics.people],
          async (records) => {
            await blocks(records);
            // rare, and an entry does not say which two accounts it depends on
            if (records.some((record) => record.value.source.table === 'blocks')) members.clear();
          },
          { maxBatch, poisonAfter: 3 },
        ),
        deps.bus.subscribe('chat-members', [topics.chat], async (records) => forgetMembers(members, records)),
      ]);
    },
    async stop() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    },
  };
}

function forgetMembers(members: MemberCache, records: readonly BusRecord[]): void {
  for (const { value } of records) {
    if (value.source.table !== 'memberships' || !value.after) continue;
    const row = value.after as MembershipRow;
    members.forget({ conversation: row.conversation_id, user: row.user_id });
  }
}
