import { describe, expect, test } from 'vitest';
import { type OptionsError, parseOptions } from './options.ts';

const problemsOf = (given: Record<string, string>, env: Record<string, string> = {}): readonly string[] => {
  try {
    parseOptions(given, env);
  } catch (error) {
    return (error as OptionsError).problems;
  }
  return [];
};

describe('options', () => {
  test('have defaults that one person can start with', () => {
    const options = parseOptions({}, {});
    expect(options.port).toBe(4000);
    expect(options.host).toBe('127.0.0.1');
    expect(options.target).toEqual(['all']);
    expect(options['database-url']).toBeUndefined();
  });

  test('the command line wins over the environment', () => {
    expect(parseOptions({ port: '1' }, { PARLEY_PORT: '2' }).port).toBe(1);
    expect(parseOptions({}, { PARLEY_PORT: '2', PARLEY_ADMINS: 'ann, bob' })).toMatchObject({
      port: 2,
      admins: ['ann', 'bob'],
    });
  });

  test('all problems are told at once, by the name they were given under', () => {
    const problems = problemsOf({ port: 'abc', bus: 'ftp://x' }, { PARLEY_HOTS: '0.0.0.0', PARLEY_LOG_LEVEL: 'loud' });
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toMatch(
      /PARLEY_HOTS.*\n.*--port "abc".*\n.*--bus.*must be: memory.*\n.*PARLEY_LOG_LEVEL/s,
    );
  });

  test('the secret of the signing keys is a list, each of some length', () => {
    const [older, newer] = ['o'.repeat(16), 'n'.repeat(16)];
    expect(parseOptions({}, {})['key-secret']).toEqual([]);
    expect(parseOptions({}, { PARLEY_KEY_SECRET: `${newer},${older}` })['key-secret']).toEqual([newer, older]);
    expect(problemsOf({}, { PARLEY_KEY_SECRET: `${newer},short` })).toHaveLength(1);
  });

  test('a variable of somebody else is not ours to judge', () => {
    expect(problemsOf({}, { PATH: '/bin', PORT: 'x' })).toEqual([]);
  });
});
