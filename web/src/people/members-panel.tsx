import { type Member, ParleyError, type User } from '@parley/client';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { client } from '../client.ts';
import { Avatar } from '../components/avatar.tsx';
import { Button, IconButton } from '../components/button.tsx';
import { ErrorNote } from '../components/notice.tsx';
import { loadMembers } from '../store/bind-client.ts';
import type { ConversationEntity } from '../store/entities/conversations.ts';
import { nameOf, selectMe, selectMembers, selectPresence } from '../store/selectors.ts';
import { store, useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';
import { AddPeopleDialog } from './add-people-dialog.tsx';

const words = text.members;

/** Beside the conversation; over it on a phone's width. Esc closes it. */
export function MembersPanel({ entity, onClose }: { entity: ConversationEntity; onClose(): void }) {
  const { summary } = entity;
  const members = useAppSelector((state) => selectMembers(state, summary.id));
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const direct = summary.kind === 'direct';
  const mayManage = !direct && (summary.role === 'owner' || summary.role === 'admin');

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && !event.defaultPrevented && onClose();
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onClose]);

  async function attempt(act: () => Promise<unknown>) {
    setError(null);
    try {
      await act();
      await loadMembers(client, store, summary.id);
    } catch (thrown) {
      setError(thrown instanceof ParleyError ? thrown.message : String(thrown));
    }
  }

  async function add(people: readonly User[]) {
    setAdding(false);
    await attempt(() => Promise.all(people.map(({ id }) => client.api.putMember(summary.id, id, 'member'))));
  }

  async function leave(me: string) {
    if (!confirm(words.leaveConfirm)) return;
    await attempt(async () => {
      await client.api.removeMember(summary.id, me);
      navigate('/app');
    });
  }

  return (
    <aside
      aria-label={words.title}
      className="flex w-72 shrink-0 flex-col border-line border-l bg-panel max-lg:fixed max-lg:inset-y-0 max-lg:right-0 max-lg:z-10 max-lg:w-full max-lg:max-w-sm max-lg:shadow-2xl max-sm:max-w-none"
    >
      <header className="flex h-16 shrink-0 items-center justify-between border-line border-b px-4">
        <h3 className="font-semibold">{words.title}</h3>
        <IconButton icon="close" label={words.close} onClick={onClose} autoFocus />
      </header>
      <div className="px-4 pt-3">
        <ErrorNote message={error} />
        {mayManage && (
          <Button className="w-full" onClick={() => setAdding(true)}>
            {words.add}
          </Button>
        )}
      </div>
      <ul className="min-h-0 flex-1 overflow-y-auto p-2">
        {members.map((member) => (
          <MemberRow
            key={member.user.id}
            member={member}
            onRemove={
              mayManage && member.role !== 'owner'
                ? () => void attempt(() => client.api.removeMember(summary.id, member.user.id))
                : null
            }
          />
        ))}
      </ul>
      {!direct && <LeaveButton onLeave={leave} />}
      {adding && (
        <AddPeopleDialog present={members.map(({ user }) => user.id)} onAdd={add} onClose={() => setAdding(false)} />
      )}
    </aside>
  );
}

function LeaveButton({ onLeave }: { onLeave(me: string): Promise<void> }) {
  const me = useAppSelector(selectMe);
  return (
    <div className="border-line border-t p-4">
      <Button kind="danger" className="w-full" onClick={() => void onLeave(me)}>
        {words.leave}
      </Button>
    </div>
  );
}

function MemberRow({ member, onRemove }: { member: Member; onRemove: (() => void) | null }) {
  const me = useAppSelector(selectMe);
  const presence = useAppSelector((state) => selectPresence(state, member.user));
  const name = nameOf(member.user);
  const self = member.user.id === me;
  return (
    <li className="flex items-center gap-3 rounded-xl px-2 py-1.5">
      <Avatar id={member.user.id} name={name} presence={presence} size="size-9" />
      <span className="min-w-0 flex-1">
        <span dir="auto" className="block truncate font-medium">
          {name} {self && <span className="font-normal text-muted">({words.you})</span>}
        </span>
        <span className="block truncate text-sm text-muted">@{member.user.username}</span>
      </span>
      {member.role !== 'member' && (
        <span className="rounded-full bg-accent-soft px-2 text-xs leading-5">{words.roles[member.role]}</span>
      )}
      {onRemove && !self && <IconButton icon="close" label={words.remove(name)} onClick={onRemove} />}
    </li>
  );
}
