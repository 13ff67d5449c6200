import type { Member } from '@parley/client';
import { createContext, useContext } from 'react';
import type { ConversationEntity } from '../store/entities/conversations.ts';

/** What every row of an open conversation needs. */
export interface ListContextValue {
  readonly entity: ConversationEntity;
  readonly me: string;
  readonly members: readonly Member[];
  readonly usernames: ReadonlySet<string>;
  /** Scrolls to a loaded message. */
  toRow(seq: number): void;
}

export const ListContext = createContext<ListContextValue | null>(null);

export function useListContext(): ListContextValue {
  const value = useContext(ListContext);
  if (!value) throw new Error('A message row stands outside of a message list.');
  return value;
}
