import { ParleyError } from '@parley/client';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { client } from '../client.ts';
import { Button } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { ErrorNote } from '../components/notice.tsx';
import { TextField } from '../components/text-field.tsx';
import { selectAccount } from '../store/selectors.ts';
import { useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';
import { SessionList } from './session-list.tsx';

const words = text.settings;

export function SettingsPage() {
  const account = useAppSelector(selectAccount);
  return (
    <main className="flex-1 overflow-y-auto">
      <header className="flex h-16 items-center gap-2 px-4">
        <Link
          to="/app"
          aria-label={words.back}
          className="inline-flex size-10 items-center justify-center rounded-xl text-muted hover:bg-hover md:hidden"
        >
          <Icon name="back" />
        </Link>
        <h2 className="text-xl font-semibold tracking-tight">{words.title}</h2>
      </header>
      <div className="mx-auto flex max-w-xl flex-col gap-8 p-4 pb-16">
        <ProfileForm />
        <SessionList />
        <section className="flex items-center justify-between gap-4">
          <p className="text-muted">{words.signedInAs(account?.username ?? '')}</p>
          <Button kind="danger" onClick={() => void client.signOut().catch(() => {})}>
            {words.signOut}
          </Button>
        </section>
      </div>
    </main>
  );
}

interface Profile {
  readonly name: string;
  readonly about: string;
}

function ProfileForm() {
  const [profile, setProfile] = useState<Profile | null>(null);
  /** Nothing is typed that is not saved: what another device saves is shown. */
  const untouched = useRef(true);
  const [note, setNote] = useState<{ error: string | null; saved: boolean }>({ error: null, saved: false });

  useEffect(() => {
    client.api.getMe().then(
      ({ name, about }) => setProfile({ name, about: about ?? '' }),
      (error: ParleyError) => setNote({ error: error.message, saved: false }),
    );
    return client.on('user', ({ id, name, about }) => {
      if (id === client.account?.id && untouched.current) setProfile({ name, about: about ?? '' });
    });
  }, []);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (!profile) return;
    try {
      await client.api.updateMe({ name: profile.name.trim(), about: profile.about.trim() || null });
      untouched.current = true;
      setNote({ error: null, saved: true });
    } catch (error) {
      setNote({ error: error instanceof ParleyError ? error.message : String(error), saved: false });
    }
  }

  const change = (part: Partial<Profile>) => {
    untouched.current = false;
    setProfile((before) => before && { ...before, ...part });
    setNote({ error: null, saved: false });
  };
  return (
    <form onSubmit={save} className="flex flex-col gap-4">
      <h3 className="font-semibold">{words.profile}</h3>
      <TextField
        label={words.name}
        value={profile?.name ?? ''}
        disabled={!profile}
        maxLength={100}
        required
        onChange={(event) => change({ name: event.target.value })}
      />
      <TextField
        label={words.about}
        value={profile?.about ?? ''}
        disabled={!profile}
        maxLength={1_000}
        onChange={(event) => change({ about: event.target.value })}
      />
      <ErrorNote message={note.error} />
      <div className="flex items-center gap-3">
        <Button kind="primary" type="submit" disabled={!profile}>
          {words.save}
        </Button>
        <output className="text-muted">{note.saved ? words.saved : ''}</output>
      </div>
    </form>
  );
}
