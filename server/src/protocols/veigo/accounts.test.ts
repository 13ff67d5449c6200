import { expect, test } from 'vitest';
import { createContext } from '../../kernel/context.ts';
import { listDevices } from './accounts.ts';
import type { VeigoDeps } from './veigo-deps.ts';

test('devices are listed page by page, each once, whatever is used or ends meanwhile', async () => {
  let sessions = ['phone', 'laptop', null, 'tablet', 'phone', 'desk'].map((device, i) => ({ id: `id-${i}`, device }));
  const deps = { identity: { listSessions: async () => sessions } } as unknown as VeigoDeps;
  const ctx = createContext(null, 'test');
  const seen: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await listDevices(deps, ctx, { cursor, size: 2 });
    seen.push(...page.records.map(({ clientId }) => clientId));
    cursor = page.metadata.cursor;
    expect(page.metadata.hasMore).toBe(cursor !== null);
    // The last of the page signs out, and the one that was used least comes to the top.
    sessions = [...sessions.slice(-1), ...sessions.slice(0, -1)].filter(({ device }) => device !== cursor);
  } while (cursor !== null);
  expect(seen.sort()).toEqual(['desk', 'id-2', 'laptop', 'phone', 'tablet']);
});
