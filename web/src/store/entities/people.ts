import type { Member, Presence } from '@parley/client';
import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

export interface PeopleState {
  readonly presence: Readonly<Record<string, Presence>>;
  /** Members of the conversations that were opened, the reader included. */
  readonly members: Readonly<Record<string, readonly Member[]>>;
}

const initialState: PeopleState = { presence: {}, members: {} };

/** Facts about people: who is a member where, and who is online. */
export const people = createSlice({
  name: 'people',
  initialState,
  reducers: {
    presenceChanged: (state, { payload }: PayloadAction<{ user: string; presence: Presence }>) => ({
      ...state,
      presence: { ...state.presence, [payload.user]: payload.presence },
    }),
    membersLoaded: (state, { payload }: PayloadAction<{ conversation: string; members: readonly Member[] }>) => ({
      ...state,
      members: { ...state.members, [payload.conversation]: payload.members },
    }),
    peopleCleared: () => initialState,
  },
});

export const { presenceChanged, membersLoaded, peopleCleared } = people.actions;
