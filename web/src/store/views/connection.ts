import type { ClientState, Refusal } from '@parley/client';
import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

export interface ConnectionView {
  readonly state: ClientState;
  /** Why the server takes no connection from this page. */
  readonly refusal: Refusal | null;
}

/** What the banner shows of the connection. */
export const connection = createSlice({
  name: 'connection',
  initialState: { state: 'connecting', refusal: null } as ConnectionView,
  reducers: {
    connectionChanged: (_state, { payload }: PayloadAction<ConnectionView>) => payload,
  },
});

export const { connectionChanged } = connection.actions;
