import type { Account } from '@parley/client';
import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

export interface AccountState {
  /** unknown: not asked yet whether this browser has a session. */
  readonly status: 'unknown' | 'signedOut' | 'signedIn';
  readonly account: Pick<Account, 'id' | 'username' | 'name'> | null;
}

const initialState: AccountState = { status: 'unknown', account: null };

/** The fact of who is signed in. */
export const account = createSlice({
  name: 'account',
  initialState,
  reducers: {
    signedIn: (_state, { payload }: PayloadAction<Account>): AccountState => ({
      status: 'signedIn',
      account: { id: payload.id, username: payload.username, name: payload.name },
    }),
    signedOut: (): AccountState => ({ status: 'signedOut', account: null }),
    nameChanged: (state, { payload }: PayloadAction<string>): AccountState => ({
      ...state,
      account: state.account && { ...state.account, name: payload },
    }),
  },
});

export const { signedIn, signedOut, nameChanged } = account.actions;
