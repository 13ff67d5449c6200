import type { Member, Presence, Profile } from '@parley/client';
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
    userChanged: (state, { payload }: PayloadAction<Profile>) => ({
      ...state,
      members: Object.fromEntries(
        Object.entries(state.members).map(([conversation, members]) => [conversation, showAmong(members, payload)]),
      ),
    }),
    peopleCleared: () => initialState,
  },
});

/** The same list when they are not in it. */
function showAmong(members: readonly Member[], profile: Profile): readonly Member[] {
  if (!members.some(({ user }) => user.id === profile.id)) return members;
  return members.map((member) =>
    member.user.id === profile.id ? { ...member, user: { ...member.user, ...profile } } : member,
  );
}

export const { presenceChanged, membersLoaded, userChanged, peopleCleared } = people.actions;
