import type { ClientState } from '@parley/client';
import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

/** What the banner shows of the connection. */
export const connection = createSlice({
  name: 'connection',
  initialState: { state: 'connecting' as ClientState },
  reducers: {
    connectionChanged: (_state, { payload }: PayloadAction<ClientState>) => ({ state: payload }),
  },
});

export const { connectionChanged } = connection.actions;
