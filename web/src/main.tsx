import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'react-redux';
import { BrowserRouter } from 'react-router';
import { App } from './app.tsx';
import { client } from './client.ts';
import { bindClient, enter } from './store/bind-client.ts';
import { signedOut } from './store/entities/account.ts';
import { keepComposers } from './store/keep-composers.ts';
import { store } from './store/store.ts';
import './styles.css';

bindClient(client, store);
keepComposers(store, localStorage);
void client.restore().then((account) => {
  if (account) enter(client, store, account);
  else store.dispatch(signedOut());
});

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <Provider store={store}>
      <BrowserRouter>
        <App />
      </BrowserRouter>
    </Provider>
  </StrictMode>,
);
