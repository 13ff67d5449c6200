import { type Account, ParleyError } from '@parley/client';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { client } from '../client.ts';
import { Button } from '../components/button.tsx';
import { ErrorNote } from '../components/notice.tsx';
import { enter } from '../store/bind-client.ts';
import { store } from '../store/store.ts';

interface Words {
  readonly title: string;
  readonly intro: string;
  readonly submit: string;
  readonly other: string;
  readonly otherLink: string;
}

interface SignInFormProps {
  words: Words;
  /** Where the other way in is. */
  otherPath: string;
  onSubmit(fields: (name: string) => string): Promise<Account>;
  /** The fields, given the problem of each by its name. */
  children(problem: (name: string) => string | undefined): ReactNode;
}

/** The card that sign-in and sign-up share: one request at a time, the server's words where something is wrong. */
export function SignInForm({ words, otherPath, onSubmit, children }: SignInFormProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ParleyError | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      const field = (name: string) => String(data.get(name) ?? '');
      enter(client, store, await onSubmit((name) => (name === 'password' ? field(name) : field(name).trim())));
    } catch (thrown) {
      setError(thrown instanceof ParleyError ? thrown : new ParleyError('internal', String(thrown)));
      setBusy(false);
    }
  }

  // This server has no sign-up: nothing that is typed here would change that.
  const closed = error?.code === 'action.forbidden';
  const problem = (name: string) => error?.problems.find(({ path }) => path.split(/[./]/).includes(name))?.message;
  return (
    <main className="flex min-h-full items-center justify-center p-4">
      <form onSubmit={submit} className="w-full max-w-sm rounded-3xl bg-panel p-8 shadow-lg">
        <img src="/icon.svg" alt="" className="mb-5 size-11" />
        <h1 className="text-2xl font-semibold tracking-tight">{words.title}</h1>
        <p className="mt-1 mb-6 text-muted">{words.intro}</p>
        <div className="flex flex-col gap-4">
          {!closed && children(problem)}
          <ErrorNote message={error?.message ?? null} />
          {!closed && (
            <Button kind="primary" type="submit" disabled={busy} className="min-h-11 w-full">
              {words.submit}
            </Button>
          )}
        </div>
        <p className="mt-6 text-center text-sm text-muted">
          {words.other}{' '}
          <Link to={otherPath} className="font-medium text-accent hover:underline">
            {words.otherLink}
          </Link>
        </p>
      </form>
    </main>
  );
}
