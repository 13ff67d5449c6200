import type { User } from '@parley/client';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { client } from '../client.ts';
import { Avatar } from '../components/avatar.tsx';
import { Icon } from '../components/icon.tsx';
import { TextField } from '../components/text-field.tsx';
import { nameOf, selectMe } from '../store/selectors.ts';
import { useAppSelector } from '../store/store.ts';
import { text } from '../text.ts';

interface PeoplePickerProps {
  chosen: readonly User[];
  onChange(people: readonly User[]): void;
  /** Not offered: they are in already. */
  exclude?: readonly string[];
}

/** Waits for a pause in typing before it asks. */
const pauseMs = 200;
const words = text.start;

/** Searches people and gathers the chosen ones. Enter takes the first found. */
export function PeoplePicker({ chosen, onChange, exclude = [] }: PeoplePickerProps) {
  const me = useAppSelector(selectMe);
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<readonly User[] | null>(null);

  useEffect(() => {
    const wanted = query.trim().replace(/^@/, '');
    if (!wanted) {
      setFound(null);
      return;
    }
    let current = true;
    const timer = setTimeout(async () => {
      const page = await client.api.searchUsers(wanted, { limit: 20 }).catch(() => null);
      if (current && page) setFound(page.items);
    }, pauseMs);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [query]);

  const offered = found?.filter(
    ({ id }) => id !== me && !exclude.includes(id) && !chosen.some((person) => person.id === id),
  );

  function choose(person: User) {
    onChange([...chosen, person]);
    setQuery('');
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Backspace' && query === '') onChange(chosen.slice(0, -1));
    if (event.key !== 'Enter' || query.trim() === '') return;
    event.preventDefault();
    if (offered?.[0]) choose(offered[0]);
  }

  return (
    <div className="flex min-h-0 flex-col gap-3">
      {chosen.length > 0 && (
        <ul aria-label={words.chosen} className="flex flex-wrap gap-1.5">
          {chosen.map((person) => (
            <li key={person.id}>
              <button
                type="button"
                aria-label={words.remove(nameOf(person))}
                onClick={() => onChange(chosen.filter((other) => other !== person))}
                className="inline-flex items-center gap-1 rounded-full bg-accent-soft py-1 pr-2 pl-3 text-sm"
              >
                {nameOf(person)}
                <Icon name="close" className="size-3.5" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <TextField
        label={words.search}
        type="search"
        autoComplete="off"
        autoCapitalize="none"
        autoFocus
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="h-56 overflow-y-auto">
        <output className="text-sm text-muted">
          {!offered ? words.searchHint : offered.length === 0 ? words.nobody : ''}
        </output>
        <ul>
          {offered?.map((person) => (
            <li key={person.id}>
              <button
                type="button"
                onClick={() => choose(person)}
                className="flex w-full items-center gap-3 rounded-xl px-2 py-1.5 text-left -outline-offset-2! hover:bg-hover"
              >
                <Avatar id={person.id} name={nameOf(person)} presence={person.presence} size="size-9" />
                <span className="min-w-0">
                  <span dir="auto" className="block truncate font-medium">
                    {nameOf(person)}
                  </span>
                  <span className="block truncate text-sm text-muted">@{person.username}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
