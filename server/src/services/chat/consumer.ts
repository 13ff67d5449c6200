import type { Unit } from '../../kernel/lifecycle.ts';
import type { MembershipRow } from '../../model/chat-rows.ts';
import { type BusRecord, type Subscription, topics } from '../../ports/bus.ts';
import type { MemberCache } from './append/member-cache.ts';
import { endedAccounts, leaveEverything } from './changing/leave-everything.ts';
import type { ChatDeps } from './deps.ts';
import { chatGroups } from './groups.ts';
import { foldBlocks } from './projections/blocks-projection.ts';
import { createProjection } from './projections/projection.ts';
import { foldSearch } from './projections/search-projection.ts';

const groups = { search: chatGroups.search.group, blocks: chatGroups.blocks.group };

/** Records of one projection's transaction at the most (rule 13). */
const maxBatch = 500;

/** What chat makes of changes: the search index, who blocks whom, and a member cache that forgets what has changed. */
export function createConsumers(deps: ChatDeps, members: MemberCache): Unit {
  const lag = deps.metrics.gauge(
    'parley_search_lag_seconds',
    'Age of the newest message change the search index has taken in, when it took it',
  );
  const ordered = !deps.bus.guarantees.durable;
  const search = createProjection(deps.sql, groups.search, foldSearch, ordered);
  const blocks = createProjection(deps.sql, groups.blocks, foldBlocks, ordered);
  let subscriptions: readonly Subscription[] = [];

  return {
    async start() {
      subscriptions = await Promise.all([
        deps.bus.subscribe(
          groups.search,
          [topics.chat],
          async (records) => {
            await search(records);
            const last = records.at(-1);
            if (last) lag.set(Math.max(0, deps.clock.wall() - last.value.source.ts_ms) / 1_000);
          },
          { maxBatch, poisonAfter: 3 },
        ),
        deps.bus.subscribe(
          groups.blocks,
          [topics.people],
          async (records) => {
            await blocks(records);
            // Again, now that the projection holds them: what was read since the listener forgot is as old as before.
            if (records.some(isBlock)) members.clear();
          },
          { maxBatch, poisonAfter: 3 },
        ),
        deps.bus.subscribe(
          chatGroups.accounts.group,
          chatGroups.accounts.topics,
          async (records) => {
            const ended = endedAccounts(records);
            if (ended.length === 0) return;
            await leaveEverything(deps.sql, ended);
            members.clear();
          },
          { maxBatch, poisonAfter: 3 },
        ),
        deps.bus.listen([topics.chat, topics.people], (records) => forgetMembers(members, records), {
          onGap: members.clear,
        }),
      ]);
    },
    async stop() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    },
  };
}

const isBlock = ({ value }: BusRecord) => value.source.table === 'blocks';

function forgetMembers(members: MemberCache, records: readonly BusRecord[]): void {
  // rare, and an entry does not say which two accounts it depends on
  if (records.some(isBlock)) members.clear();
  for (const { value } of records) {
    if (value.source.table !== 'memberships' || !value.after) continue;
    const row = value.after as MembershipRow;
    members.forget({ conversation: row.conversation_id, user: row.user_id });
  }
}
