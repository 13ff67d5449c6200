/** A partition of a topic, as it is told between the members: `topic:number`. */
export type PartitionId = string;

export interface GroupMember {
  readonly id: string;
  /** What the member says it is still responsible for. */
  readonly owned: readonly PartitionId[];
  /** The generation in which it was given that; the later of two claims counts. */
  readonly generation: number;
}

/**
 * Cooperative and sticky (KIP-429): a member keeps what it has up to its fair share; what somebody else still claims is given
 * to nobody in this round. Its owner sees that it has lost it, finishes and commits what is in hand, and joins again without
 * the claim: then the next round gives it away. So two members never handle one partition at a time, and those that keep
 * theirs do not stop. Shares differ by one at the most as soon as all claims are settled.
 */
export function assignPartitions(
  members: readonly GroupMember[],
  partitions: readonly PartitionId[],
): Map<string, PartitionId[]> {
  const owners = findOwners(members, new Set(partitions));
  const owned = new Map<string, PartitionId[]>(members.map(({ id }) => [id, []]));
  for (const partition of partitions) {
    const owner = owners.get(partition);
    if (owner !== undefined) owned.get(owner)!.push(partition);
  }
  const share = Math.floor(partitions.length / members.length);
  let larger = partitions.length % members.length;
  const result = new Map<string, PartitionId[]>();
  // Those who have most may keep one more than the share, as long as there is one more to keep.
  const byCount = [...owned].sort(([a, mine], [b, theirs]) => theirs.length - mine.length || (a < b ? -1 : 1));
  for (const [id, mine] of byCount) {
    const keepsOneMore = mine.length > share && larger > 0;
    if (keepsOneMore) larger--;
    result.set(id, mine.slice(0, share + (keepsOneMore ? 1 : 0)));
  }
  for (const partition of partitions) {
    if (owners.has(partition)) continue;
    let poorest: PartitionId[] | undefined;
    for (const list of result.values()) if (!poorest || list.length < poorest.length) poorest = list;
    poorest?.push(partition);
  }
  return result;
}

function findOwners(members: readonly GroupMember[], known: ReadonlySet<PartitionId>): Map<PartitionId, string> {
  const claims = new Map<PartitionId, GroupMember>();
  for (const member of members) {
    for (const partition of member.owned) {
      const other = claims.get(partition);
      if (known.has(partition) && (!other || other.generation < member.generation)) claims.set(partition, member);
    }
  }
  return new Map([...claims].map(([partition, { id }]) => [partition, id]));
}
