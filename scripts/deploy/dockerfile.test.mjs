import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { carryOutDockerfile } from './carry-out-dockerfile.mjs';
import { listTree } from './list-tree.mjs';
import { parseDockerfile } from './parse-dockerfile.mjs';
import { parseDockerignore } from './parse-dockerignore.mjs';

test('stages, flags, comments and lines that go on', () => {
  const stages = parseDockerfile(`# syntax
FROM base AS build
RUN one \\
  && two

FROM base
COPY --from=build --chown=1:2 /a b/
`);
  expect(stages.map(({ name, base }) => [name, base])).toEqual([
    ['build', 'base'],
    ['1', 'base'],
  ]);
  expect(stages[0].instructions).toEqual([{ name: 'RUN', line: 3, flags: {}, text: 'one && two' }]);
  expect(stages[1].instructions[0]).toMatchObject({ flags: { from: 'build', chown: '1:2' }, text: '/a b/' });
});

test.each([['ADD a b'], ['RUN before FROM'], ['FROM a AS'], ['']])('refuses %j', (source) => {
  expect(() => parseDockerfile(source.startsWith('ADD') ? `FROM a\n${source}` : source)).toThrow(
    /cannot follow|before FROM|no FROM/,
  );
});

test('the last pattern of .dockerignore that fits decides', () => {
  const isIgnored = parseDockerignore('*\n!server\n**/dist\n!keep/package.json\n# comment\n*.md\n');
  const kept = ['server/src/a.ts', 'server', 'keep/package.json'];
  const ignored = ['x', 'README.md', 'server/dist/a.js', 'server/a/dist/b', 'keep/other.json', 'servers/a'];
  expect([...kept, ...ignored].filter((path) => !isIgnored(path))).toEqual(kept);
});

let dir;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parley-dockerfile-'));
  mkdirSync(`${dir}/context/app/secret`, { recursive: true });
  writeFileSync(`${dir}/context/.dockerignore`, 'app/secret\n');
  writeFileSync(`${dir}/context/app/a.txt`, 'a');
  writeFileSync(`${dir}/context/app/secret/key`, 'k');
});
afterEach(() => rmSync(dir, { recursive: true }));

function carryOut(source) {
  writeFileSync(`${dir}/Dockerfile`, source);
  return carryOutDockerfile({ context: `${dir}/context`, file: `${dir}/Dockerfile`, dir: `${dir}/stages`, env: {} });
}

test('carries out what a container engine would, with the stage as root', async () => {
  const image = await carryOut(`FROM base AS build
WORKDIR /src
COPY . .
RUN echo built > app/b.txt
FROM base
ENV DATA=/data MODE=production
WORKDIR /app
COPY --from=build /src/app .
COPY --from=build /src/app/b.txt other/
USER 7:8
ENTRYPOINT ["node", "/app/main.js"]
CMD ["serve"]
`);
  const files = listTree(image.root).map(({ path }) => path.slice(image.root.length));
  expect(files.sort()).toEqual(['/app/a.txt', '/app/b.txt', '/app/other/b.txt']);
  expect(readFileSync(`${image.root}/app/b.txt`, 'utf8')).toBe('built\n');
  expect(image).toMatchObject({
    env: { DATA: `${image.root}/data`, MODE: 'production' },
    user: { uid: 7, gid: 8 },
    entrypoint: ['node', `${image.root}/app/main.js`],
    command: ['serve'],
  });
});

test.each([
  ['RUN exit 3', 'exit 3 ended with 3'],
  ['COPY missing .', 'there is no missing to copy'],
  ['COPY --from=nowhere /a .', 'there is no stage nowhere'],
  ['ENTRYPOINT node main.js', 'must be in exec form'],
])('says which line fails: %s', async (line, message) => {
  await expect(carryOut(`FROM base\nWORKDIR /src\n${line}\n`)).rejects.toThrow(
    new RegExp(`Dockerfile:3: .*${message}`),
  );
});
