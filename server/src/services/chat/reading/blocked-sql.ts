/**
 * Whether one of two accounts has blocked the other. All statements that ask who is blocked ask with this. Two look-ups, each by its
 * whole key behind `offset 0`: of one with an `or` the planner might as well read the table (MESSAGE-PATH rule 31).
 */
export function blockedSql(a: string, b: string): string {
  const blocks = (owner: string, other: string) => `exists (select 1 from chat.blocks block
      where block.owner_id = ${owner} and block.blocked_id = ${other} and block.active offset 0)`;
  return `(${blocks(a, b)} or ${blocks(b, a)})`;
}

/** Whether `owner` has blocked `other`. */
export function blocksSql(owner: string, other: string): string {
  return `exists (select 1 from chat.blocks block
    where block.owner_id = ${owner} and block.blocked_id = ${other} and block.active)`;
}

/**
 * Whether the two of a direct conversation may not write to each other, because of a block or because one of them has deleted their
 * account; null in every other kind. `c`: of chat.conversations.
 */
export function blockedInSql(c: string): string {
  return `case when ${c}.kind = 'direct' then ${blockedSql(`${c}.member_a`, `${c}.member_b`)}
    or exists (select 1 from chat.deleted_accounts ended where ended.id in (${c}.member_a, ${c}.member_b)) end`;
}
