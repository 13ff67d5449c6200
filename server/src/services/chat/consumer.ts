import type { Unit } from '../../kernel/lifecycle.ts';
import type { MembershipRow } from '../../model/chat-rows.ts';
import { type BusRecord, type Subscription, topics } from '../../ports/bus.ts';
import { createProjection } from '../shared/projection.ts';
import type { MemberCache } from './append/member-cache.ts';
import type { ChatDeps } from './deps.ts';
import { chatGroups } from './groups.ts';
import { foldBlocks } from './projections/blocks-projection.ts';
import { foldSearch } from './projections/search-projection.ts';

/** What chat makes of changes: the search index, who blocks whom, and a member cache that forgets what has changed. */
export function createConsumers(deps: ChatDeps, members: MemberCache): Unit {
  const schema = 'chat';
  const search = createProjection(deps, { ...chatGroups.search, schema, fold: foldSearch });
  const blocks = createProjection(deps, {
    ...chatGroups.blocks,
    schema,
    fold: foldBlocks,
    // Again, now that the projection holds them: what was read since the listener forgot is as old as before.
    onStored(records) {
      if (records.some(isBlock)) members.clear();
    },
  });
  let listening: Subscription | null = null;

  return {
    async start() {
      await Promise.all([search.unit.start?.(), blocks.unit.start?.()]);
      listening = await deps.bus.listen([topics.chat, topics.people], (records) => forgetMembers(members, records), {
        onGap: members.clear,
      });
    },
    async stop() {
      await Promise.all([search.unit.stop?.(), blocks.unit.stop?.(), listening?.close()]);
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
