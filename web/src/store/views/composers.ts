import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

/** What is being written in one conversation. */
export interface ComposerView {
  readonly text: string;
  /** seq of the message replied to. */
  readonly replyTo: number | null;
  /** seq of the own message being edited. */
  readonly editing: number | null;
}

export const emptyComposer: ComposerView = { text: '', replyTo: null, editing: null };

/** Kept by conversation, so that changing to another one loses nothing. */
export const composers = createSlice({
  name: 'composers',
  initialState: {} as Readonly<Record<string, ComposerView>>,
  reducers: {
    composerChanged: (state, { payload }: PayloadAction<{ conversation: string } & Partial<ComposerView>>) => {
      const { conversation, ...change } = payload;
      return { ...state, [conversation]: { ...(state[conversation] ?? emptyComposer), ...change } };
    },
    composerCleared: (state, { payload }: PayloadAction<string>) => ({ ...state, [payload]: emptyComposer }),
    composersCleared: () => ({}),
  },
});

export const { composerChanged, composerCleared, composersCleared } = composers.actions;
