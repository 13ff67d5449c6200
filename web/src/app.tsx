import { useEffect } from 'react';
import { Navigate, Outlet, Route, Routes } from 'react-router';
import { ConversationPage } from './conversation/conversation-page.tsx';
import { ConversationsLayout } from './conversations/conversations-layout.tsx';
import { PickConversation } from './conversations/pick-conversation.tsx';
import { SettingsPage } from './settings/settings-page.tsx';
import { SignInPage } from './sign-in/sign-in-page.tsx';
import { SignUpPage } from './sign-in/sign-up-page.tsx';
import { selectUnreadTotal } from './store/selectors.ts';
import { useAppSelector } from './store/store.ts';
import { text } from './text.ts';

/** The pages by address. */
export function App() {
  const unread = useAppSelector(selectUnreadTotal);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${text.app}` : text.app;
  }, [unread]);
  return (
    <Routes>
      <Route element={<Outside />}>
        <Route path="/app/sign-in" element={<SignInPage />} />
        <Route path="/app/sign-up" element={<SignUpPage />} />
      </Route>
      <Route element={<Inside />}>
        <Route element={<ConversationsLayout />}>
          <Route path="/app" element={<PickConversation />} />
          <Route path="/app/c/:id" element={<ConversationPage />} />
          <Route path="/app/settings" element={<SettingsPage />} />
        </Route>
      </Route>
      <Route path="*" element={<Navigate to="/app" replace />} />
    </Routes>
  );
}

function Inside() {
  const status = useAppSelector((state) => state.entities.account.status);
  if (status === 'unknown') return <output className="sr-only">{text.loading}</output>;
  return status === 'signedIn' ? <Outlet /> : <Navigate to="/app/sign-in" replace />;
}

function Outside() {
  const status = useAppSelector((state) => state.entities.account.status);
  if (status === 'unknown') return null;
  return status === 'signedIn' ? <Navigate to="/app" replace /> : <Outlet />;
}
