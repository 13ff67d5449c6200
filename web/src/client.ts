import { createClient, createWebStore } from '@parley/client';

/**
 * The one client of this page. The session lives in an HttpOnly cookie: no script, ours or injected, can read it, several
 * tabs share it without racing for a refresh token, and images load with it. Unsent messages are kept in localStorage.
 */
export const client = createClient({
  url: location.origin,
  credentials: 'cookie',
  storage: createWebStore(localStorage),
});
