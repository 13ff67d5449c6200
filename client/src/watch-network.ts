/** Listens to the browser's word on the network, where there is one; the answer stops listening. */
export function watchNetwork(on: { onUp(): void; onDown(): void }): () => void {
  if (typeof globalThis.addEventListener !== 'function') return () => {};
  // A page that comes back to the front may have slept: its timers are late, so do not wait for them.
  const onVisible = () => {
    if (globalThis.document?.visibilityState === 'visible') on.onUp();
  };
  globalThis.addEventListener('online', on.onUp);
  globalThis.addEventListener('offline', on.onDown);
  globalThis.addEventListener('focus', on.onUp);
  globalThis.document?.addEventListener('visibilitychange', onVisible);
  return () => {
    globalThis.removeEventListener('online', on.onUp);
    globalThis.removeEventListener('offline', on.onDown);
    globalThis.removeEventListener('focus', on.onUp);
    globalThis.document?.removeEventListener('visibilitychange', onVisible);
  };
}
