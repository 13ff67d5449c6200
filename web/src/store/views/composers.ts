import type { Attachment } from '@parley/client';
import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

/** What is being written in one conversation. */
export interface ComposerView {
  readonly text: string;
  /** seq of the message replied to. */
  readonly replyTo: number | null;
  /** seq of the own message being edited. */
  readonly editing: number | null;
  /** Uploaded, to be sent with the next message. */
  readonly file: Attachment | null;
  /** Name of the file that is being uploaded. */
  readonly uploading: string | null;
}

export const emptyComposer: ComposerView = { text: '', replyTo: null, editing: null, file: null, uploading: null };

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
    composersLoaded: (_state, { payload }: PayloadAction<Readonly<Record<string, ComposerView>>>) => payload,
  },
});

export const { composerChanged, composerCleared, composersCleared, composersLoaded } = composers.actions;
