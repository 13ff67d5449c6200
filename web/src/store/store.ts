import { combineReducers, configureStore } from '@reduxjs/toolkit';
import { useDispatch, useSelector } from 'react-redux';
import { account } from './entities/account.ts';
import { conversations } from './entities/conversations.ts';
import { people } from './entities/people.ts';
import { composers } from './views/composers.ts';
import { connection } from './views/connection.ts';

/** Facts (`entities`) come from the client alone; `views` are what this page makes of them. */
export const store = configureStore({
  reducer: {
    entities: combineReducers({
      account: account.reducer,
      conversations: conversations.reducer,
      people: people.reducer,
    }),
    views: combineReducers({ connection: connection.reducer, composers: composers.reducer }),
  },
  // Both checks walk thousands of messages at every step; the client's data is plain by its types.
  middleware: (defaults) => defaults({ immutableCheck: false, serializableCheck: false }),
});

export type RootState = ReturnType<typeof store.getState>;
export const useAppSelector = useSelector.withTypes<RootState>();
export const useAppDispatch = useDispatch.withTypes<typeof store.dispatch>();
