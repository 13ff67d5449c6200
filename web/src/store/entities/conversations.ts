import type { ConversationState, Draft } from '@parley/client';
import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

/** A conversation as the client holds it, with the messages still on their way. */
export interface ConversationEntity extends ConversationState {
  readonly drafts: readonly Draft[];
}

export interface ConversationsState {
  readonly byId: Readonly<Record<string, ConversationEntity>>;
  /** The list has been read: what is not here does not exist. */
  readonly listed: boolean;
}

const initialState: ConversationsState = { byId: {}, listed: false };

/** Facts: what the client says of each conversation, replaced whole. null: gone. */
export const conversations = createSlice({
  name: 'conversations',
  initialState,
  reducers: {
    conversationsChanged(
      state,
      action: PayloadAction<readonly (readonly [string, ConversationEntity | null])[]>,
    ): ConversationsState {
      const byId: Record<string, ConversationEntity> = { ...(state as ConversationsState).byId };
      for (const [id, entity] of action.payload) {
        if (entity) byId[id] = entity;
        else delete byId[id];
      }
      return { ...(state as ConversationsState), byId };
    },
    conversationsListed: (state): ConversationsState => ({ ...(state as ConversationsState), listed: true }),
    conversationsCleared: () => initialState,
  },
});

export const { conversationsChanged, conversationsListed, conversationsCleared } = conversations.actions;
