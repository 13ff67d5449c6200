import { createId, ParleyError, type User } from '@parley/client';
import { type FormEvent, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { client } from '../client.ts';
import { Button } from '../components/button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { ErrorNote } from '../components/notice.tsx';
import { TextField } from '../components/text-field.tsx';
import { PeoplePicker } from '../people/people-picker.tsx';
import { text } from '../text.ts';

/** One person chosen begins a direct conversation; several, or the box ticked, a group with a name. */
export function StartDialog({ onClose }: { onClose(): void }) {
  const navigate = useNavigate();
  const [people, setPeople] = useState<readonly User[]>([]);
  const [asGroup, setAsGroup] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // Drawn once: pressing the button again after a lost answer must not make a second group.
  const id = useRef(createId(Date.now()));
  const group = asGroup || people.length > 1;
  const words = text.start;

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('group') ?? '').trim();
    const members = people.map((person) => person.id);
    setBusy(true);
    setError(null);
    try {
      const made = await client.api.createConversation(
        group ? { kind: 'group', id: id.current, name, members } : { kind: 'direct', members },
      );
      await client.fetchConversation(made.id);
      onClose();
      navigate(`/app/c/${made.id}`);
    } catch (thrown) {
      setError(thrown instanceof ParleyError ? thrown.message : String(thrown));
      setBusy(false);
    }
  }

  return (
    <Dialog title={words.title} onClose={onClose}>
      <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col gap-4 px-5 pb-5">
        <PeoplePicker chosen={people} onChange={setPeople} />
        {people.length > 0 && (
          <label className="flex items-center gap-2">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={group}
              disabled={people.length > 1}
              onChange={(event) => setAsGroup(event.target.checked)}
            />
            {words.asGroup}
          </label>
        )}
        {people.length > 0 && group && <TextField name="group" label={words.groupName} maxLength={200} required />}
        <ErrorNote message={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" disabled={busy || people.length === 0}>
            {group ? words.group : words.direct}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
