import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Context, createContext } from '../kernel/context.ts';
import { fail } from '../kernel/errors.ts';
import { silentLog } from '../kernel/log.ts';
import { copyValue } from './copy-value.ts';
import { createLocal } from './local.ts';

const principal = { account: 'a', session: 's', username: 'ann', admin: false } as never;

function setUp() {
  const seen: { ctx?: Context; list?: string[]; late?: () => void; aborted?: boolean } = {};
  const impl = {
    async echo(ctx: Context, request: { list: string[] }) {
      seen.ctx = ctx;
      seen.list = request.list;
      request.list.push('changed by the callee');
      return { list: request.list };
    },
    async refuse(_: Context) {
      throw fail('conversation.unknown', { detail: 'gone', cause: new Error('select from secret') });
    },
    async burst(_: Context) {
      throw new Error('password is hunter2');
    },
    async stream(_: Context, listen: (item: { list: string[] }) => void) {
      const item = { list: ['a'] };
      listen(item);
      item.list.push('changed by the callee');
      seen.late = () => listen(item);
    },
    async hang(ctx: Context) {
      await new Promise<void>((resolve) => ctx.signal?.addEventListener('abort', () => resolve()));
      seen.aborted = true;
    },
  };
  return { seen, api: createLocal('test', () => impl, { log: silentLog }) };
}

describe('a call within the process', () => {
  test('streams answers to a function: copied, and none after the end', async () => {
    const { api, seen } = setUp();
    const heard: { list: string[] }[] = [];
    await api.stream(createContext(principal, 'r1'), (item) => void heard.push(item));
    seen.late?.();
    expect(heard).toEqual([{ list: ['a'] }]);
  });

  test('copies arguments and answers and carries the principal', async () => {
    const { api, seen } = setUp();
    const list = ['a'];
    const answer = await api.echo(createContext(principal, 'r1'), { list });
    expect(list).toEqual(['a']);
    answer.list.push('changed by the caller');
    expect(seen.list).toEqual(['a', 'changed by the callee']);
    expect(seen.ctx?.principal).toEqual(principal);
  });

  test('does not tell where a request came from, as nothing tells it over the wire', async () => {
    const { api, seen } = setUp();
    await api.echo({ ...createContext(principal, 'r1'), address: '10.1.2.3' }, { list: [] });
    expect(seen.ctx).toMatchObject({ requestId: 'r1' });
    expect(seen.ctx?.address).toBeUndefined();
  });

  test('fails with the same code and hides the cause', async () => {
    const { api } = setUp();
    const failure = await api.refuse(createContext(null, 'r')).catch((e) => e);
    expect(failure.code).toBe('conversation.unknown');
    expect(failure.message).toBe('gone');
    expect(failure.cause).toBeUndefined();
  });

  test('turns anything unexpected into internal without its text', async () => {
    const { api } = setUp();
    const failure = await api.burst(createContext(null, 'r')).catch((e) => e);
    expect(failure.code).toBe('internal');
    expect(failure.message).not.toContain('hunter2');
    expect(failure.cause).toBeUndefined();
  });

  test('ends at the deadline and tells the callee', async () => {
    const { api, seen } = setUp();
    await expect(api.hang(createContext(null, 'r', 20))).rejects.toMatchObject({ code: 'service.timeout' });
    await Promise.resolve();
    expect(seen.aborted).toBe(true);
    await expect(api.echo(createContext(null, 'r', -1), { list: [] })).rejects.toMatchObject({
      code: 'service.timeout',
    });
  });

  test('refuses what no wire could carry', async () => {
    const { api } = setUp();
    await expect(api.echo(createContext(null, 'r'), { list: [(() => 1) as never] })).rejects.toMatchObject({
      code: 'internal',
    });
  });

  test('a copy equals its original and shares nothing with it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy = copyValue(value);
        expect(copy).toEqual(value);
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
      }),
    );
  });
});
