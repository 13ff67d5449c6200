/** Whether one of two accounts has blocked the other. All statements that ask who is blocked ask with this. */
export function blockedSql(a: string, b: string): string {
  return `exists (select 1 from chat.blocks block where block.active
      and ((block.owner_id = ${a} and block.blocked_id = ${b}) or (block.owner_id = ${b} and block.blocked_id = ${a})))`;
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
