import type { store as appStore } from './store.ts';
import { type ComposerView, composersLoaded, emptyComposer } from './views/composers.ts';

type Kept = Readonly<Record<string, ComposerView>>;

const writeMs = 300;
const keyOf = (account: string) => `parley.composers.${account}`;

/**
 * What somebody has written and not sent outlives the page: by account, so that nobody finds another's words. Called once. A store
 * that is full or forbidden keeps nothing and breaks nothing.
 */
export function keepComposers(store: typeof appStore, storage: Storage): void {
  let account: string | null = null;
  let written: Kept = {};
  let timer: ReturnType<typeof setTimeout> | undefined;

  function write(): void {
    clearTimeout(timer);
    timer = undefined;
    const composers = store.getState().views.composers;
    if (account === null || composers === written) return;
    written = composers;
    try {
      const kept = worthKeeping(composers);
      if (Object.keys(kept).length > 0) storage.setItem(keyOf(account), JSON.stringify(kept));
      else storage.removeItem(keyOf(account));
    } catch {}
  }

  store.subscribe(() => {
    const { entities, views } = store.getState();
    const now = entities.account.account?.id ?? null;
    if (now !== account) {
      write();
      account = now;
      written = now === null ? {} : readKept(storage, now);
      if (now !== null) store.dispatch(composersLoaded(written));
    } else if (views.composers !== written) timer ??= setTimeout(write, writeMs);
  });
  globalThis.addEventListener?.('pagehide', write);
}

function worthKeeping(composers: Kept): Kept {
  const written = Object.entries(composers).filter(([, { text, file }]) => text !== '' || file !== null);
  return Object.fromEntries(written.map(([id, view]) => [id, { ...view, uploading: null }]));
}

function readKept(storage: Storage, account: string): Kept {
  try {
    const found = Object.entries(JSON.parse(storage.getItem(keyOf(account)) ?? '{}') as Record<string, object>);
    return Object.fromEntries(found.map(([id, view]) => [id, { ...emptyComposer, ...view }]));
  } catch {
    return {};
  }
}
