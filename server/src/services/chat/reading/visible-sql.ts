/**
 * Who may see what, for statements that must ask it of the rows they read; `mayRead` and `readableSeqs` say the same of a reader
 * in memory. Each takes the aliases of tables and the SQL of an account; a caller's aliases must differ from those in here.
 * `offset 0` leaves the planner no choice: each look-up goes by its keys, where a planner without statistics might as well hash a
 * whole table (MESSAGE-PATH rule 31).
 */

/** `c`: of chat.conversations. Not whether it is deleted. */
export function isMemberSql(c: string, user: string): string {
  return `exists (select 1 from chat.memberships present
      where present.conversation_id = ${c}.id and present.user_id = ${user} and present.left_rev is null offset 0)`;
}

/** Members, and everybody a public conversation. `isMember` where a statement knows it already. */
export function mayReadSql(c: string, user: string, isMember = isMemberSql(c, user)): string {
  return `(${c}.visibility = 'public' or ${isMember})`;
}

/** What a public conversation opens to everybody: what was said since it is public. */
function isOpenSeqSql(c: string, seq: string): string {
  return `(${c}.visibility = 'public' and ${seq} > ${c}.public_from_seq)`;
}

/** What is open to everybody, and to members what any of their stays holds (rule 17). */
export function maySeeSeqSql(c: string, seq: string, user: string, isMember = isMemberSql(c, user)): string {
  return `(${isOpenSeqSql(c, seq)} or (${isMember}
      and exists (select 1 from chat.memberships stay where stay.conversation_id = ${c}.id and stay.user_id = ${user}
        and ${seq} > stay.joined_seq and ${seq} <= coalesce(stay.left_seq, ${seq}) offset 0)))`;
}

/**
 * The same as rows of (first, last): ranges of seqs that neither overlap nor touch; none for who may not read. For statements that walk
 * a conversation and must know where to stop. `c`: of chat.conversations, `h`: of chat.heads.
 */
export function visibleRangesSql(c: string, h: string, user: string): string {
  return `select lower(seqs) as first, upper(seqs) - 1 as last from (
      select unnest(range_agg(held)) as seqs from (
        select int8range(${c}.public_from_seq, ${h}.last_seq, '(]') as held
          where ${c}.visibility = 'public' and ${c}.public_from_seq < ${h}.last_seq
        union all
        select int8range(stay.joined_seq, coalesce(stay.left_seq, ${h}.last_seq), '(]') from chat.memberships stay
          where stay.conversation_id = ${c}.id and stay.user_id = ${user}
            and stay.joined_seq < coalesce(stay.left_seq, ${h}.last_seq) and ${isMemberSql(c, user)}) ranges) merged`;
}

/**
 * The highest seq that a reader may see of a conversation they may read, null if none: seqs have no holes, so that the newest
 * message is known by its number. `h`: of chat.heads.
 */
export function lastVisibleSeqSql(c: string, h: string, user: string): string {
  return `case when ${isOpenSeqSql(c, `${h}.last_seq`)} then ${h}.last_seq when ${isMemberSql(c, user)} then (
      select max(coalesce(stay.left_seq, ${h}.last_seq)) from chat.memberships stay
      where stay.conversation_id = ${c}.id and stay.user_id = ${user}
        and coalesce(stay.left_seq, ${h}.last_seq) > stay.joined_seq) end`;
}

/** One's own, and what a visible message or the picture of a readable conversation shows, while it is stored. `a`: of chat.attachments. */
export function maySeeAttachmentSql(a: string, user: string): string {
  return `(${a}.state = 'stored' and (${a}.owner_id = ${user}
    or exists (select 1 from chat.messages showing
      join chat.conversations around on around.id = showing.conversation_id and around.deleted_rev is null
      where showing.attachment = ${a}.id and showing.deleted_at is null
        and ${maySeeSeqSql('around', 'showing.seq', user)} offset 0)
    or exists (select 1 from chat.conversations pictured
      where pictured.avatar = ${a}.id::text and pictured.deleted_rev is null and ${mayReadSql('pictured', user)} offset 0)))`;
}

/** Whether anybody could be shown it by a message or the picture of a conversation; what shows it no more may go. */
export function isShownSql(a: string): string {
  return `(exists (select 1 from chat.messages showing
      join chat.conversations around on around.id = showing.conversation_id and around.deleted_rev is null
      where showing.attachment = ${a}.id and showing.deleted_at is null offset 0)
    or exists (select 1 from chat.conversations pictured
      where pictured.avatar = ${a}.id::text and pictured.deleted_rev is null offset 0))`;
}
