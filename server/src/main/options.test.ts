import { describe, expect, test } from 'vitest';
import { envName, type OptionsError, parseOptions } from './options.ts';

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

  test('what is opened to all is not the admin port', () => {
    expect(parseOptions({ host: '0.0.0.0' }, {})).toMatchObject({ host: '0.0.0.0', 'admin-host': '127.0.0.1' });
  });

  test.each([
    ['database-url', 'postgresql://parley:hunter2hunter2@db:notaport/db'],
    ['database-url', 'mysql://parley:hunter2hunter2@db/db'],
    ['chat-database-url', 'hunter2hunter2'],
    ['bus', 'amqp://parley:hunter2hunter2@:x'],
    ['bus', 'kafka://parley:hunter2hunter2@host:9092'],
    ['bus', 'kafka://host:hunter2hunter2'],
    ['registry', 'redis://parley:hunter2hunter2@:x'],
    ['service-secret', 'hunter2hunter2'],
    ['key-secret', 'hunter2hunter2'],
  ])('a wrong --%s (%s) is told by its name, and what it says is not', (name, value) => {
    const flag = problemsOf({ [name]: value });
    const variable = problemsOf({}, { [envName(name)]: value });
    expect(flag.join()).toMatch(new RegExp(`^--${name}: `));
    expect(variable.join()).toMatch(new RegExp(`^${envName(name)}: `));
    expect([...flag, ...variable].join()).not.toContain('hunter2');
  });

  test.each(['http://h/chat', 'https://h/?a', 'https://h/#a', 'https://u:p@h/'])(
    'the public URL is an origin: %s is refused in words',
    (url) => {
      expect(problemsOf({ 'public-url': url }).join()).toMatch(/^--public-url .*not served under a path/);
    },
  );
  test.each(['http://h', 'https://chat.example.org/', 'https://chat.example.org:8443'])('%s is one', (url) => {
    expect(problemsOf({ 'public-url': url })).toEqual([]);
  });

  test('allowed origins are origins, however they are written', () => {
    const allowed = (text: string) => parseOptions({ 'allowed-origins': text }, {})['allowed-origins'];
    expect(allowed('https://A.example.org/, http://b:8080')).toEqual(['https://a.example.org', 'http://b:8080']);
    for (const wrong of ['*', 'a.example.org', 'https://a/b', 'ftp://a', 'null']) {
      expect(problemsOf({ 'allowed-origins': wrong }).join()).toContain('must be origins like');
    }
  });

  test('a variable of somebody else is not ours to judge', () => {
    expect(problemsOf({}, { PATH: '/bin', PORT: 'x' })).toEqual([]);
  });
});
