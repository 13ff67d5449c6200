import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { run } from '../setup/run.mjs';
import { parseDockerfile, parseEnv, parseExecForm } from './parse-dockerfile.mjs';
import { parseDockerignore } from './parse-dockerignore.mjs';

/**
 * Carries out a Dockerfile without a container engine: each stage is a folder that stands for its root, the base image is this
 * machine. RUN works in the folder of WORKDIR and must therefore name no absolute path.
 *
 * @param {{context: string, file: string, dir: string, env: Record<string, string>}} options `dir`: where the stages are made, empty;
 *   `env`: of the commands
 * @returns {Promise<Image>} the last stage; rejects with the line that failed
 * @typedef {{root: string, cwd: string, env: Record<string, string>, user?: {uid: number, gid: number}, entrypoint: string[],
 *   command: string[], healthcheck: string[] | null}} Image paths are those of this machine
 */
export async function carryOutDockerfile({ context, file, dir, env }) {
  const roots = new Map();
  const isIgnored = parseDockerignore(readFileSync(`${context}/.dockerignore`, 'utf8'));
  let image;
  for (const stage of parseDockerfile(readFileSync(file, 'utf8'))) {
    const root = join(dir, stage.name);
    mkdirSync(root, { recursive: true });
    roots.set(stage.name, root);
    image = { root, cwd: root, env: {}, entrypoint: [], command: [], healthcheck: null };
    for (const instruction of stage.instructions) {
      try {
        await carryOut(instruction, image, { context, isIgnored, roots, env });
      } catch (error) {
        throw new Error(`${relative(context, file)}:${instruction.line}: ${error.message}`);
      }
    }
  }
  return image;
}

async function carryOut({ name, text, flags }, image, { context, isIgnored, roots, env }) {
  const inside = (path) => (path.startsWith('/') ? join(image.root, path) : join(image.cwd, path));
  const words = () => {
    const parsed = parseExecForm(text);
    if (!parsed) throw new Error(`${name} must be in exec form: a shell would keep the signals to itself`);
    return parsed.map((word) => (word.startsWith('/') ? inside(word) : word));
  };
  switch (name) {
    case 'WORKDIR':
      image.cwd = inside(text);
      mkdirSync(image.cwd, { recursive: true });
      return;
    case 'ENV':
      for (const [key, value] of Object.entries(parseEnv(text)))
        image.env[key] = value.startsWith('/') ? inside(value) : value;
      return;
    case 'USER': {
      const [uid, gid] = text.split(':').map(Number);
      image.user = { uid, gid };
      return;
    }
    case 'COPY': {
      const from = flags.from ? roots.get(flags.from) : context;
      if (!from) throw new Error(`there is no stage ${flags.from}`);
      copy(text.split(/\s+/), { from, inside, keep: flags.from ? () => true : (path) => !isIgnored(path) });
      if (flags.chown) own(inside(text.split(/\s+/).at(-1)), ...flags.chown.split(':').map(Number));
      return;
    }
    case 'RUN': {
      const { code } = await run('/bin/sh', ['-c', text], { cwd: image.cwd, env: { ...env, ...image.env } });
      if (code !== 0) throw new Error(`${text} ended with ${code}`);
      return;
    }
    case 'ENTRYPOINT':
      image.entrypoint = words();
      return;
    case 'CMD':
      image.command = words();
      return;
    case 'HEALTHCHECK':
      image.healthcheck = parseExecForm(text.replace(/^CMD\s+/, ''));
      return;
  }
}

/** As Docker does: a folder's contents, or a file under its own name when the target ends with a slash or is a folder. */
function copy(words, { from, inside, keep }) {
  const target = words.at(-1);
  for (const source of words.slice(0, -1)) {
    const path = join(from, source);
    if (!existsSync(path)) throw new Error(`there is no ${source} to copy`);
    const isFile = lstatSync(path).isFile();
    const into = inside(target);
    const goal =
      isFile && (/(^|\/)\.?\/?$/.test(target) || words.length > 2) ? join(into, source.split('/').at(-1)) : into;
    mkdirSync(isFile ? dirname(goal) : goal, { recursive: true });
    if (isFile) {
      if (!keep(relative(from, path))) throw new Error(`.dockerignore keeps ${source} out`);
      cpSync(path, goal);
    } else copyTree(path, goal, from, keep);
  }
}

/** An ignored folder may hold what is not ignored, so files decide; these are not worth looking for it. */
const heavy = new Set(['.git', '.cache', 'node_modules', 'dist']);

function copyTree(path, goal, from, keep) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const source = join(path, entry.name);
    if (entry.isDirectory()) {
      if (heavy.has(entry.name) && !keep(relative(from, source))) continue;
      copyTree(source, join(goal, entry.name), from, keep);
    } else if (keep(relative(from, source))) {
      mkdirSync(goal, { recursive: true });
      cpSync(source, join(goal, entry.name), { verbatimSymlinks: true, preserveTimestamps: true });
    }
  }
}

/** Only root can give files away; elsewhere everything is ours anyway. */
function own(path, uid, gid) {
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
  else chmodSync(path, 0o755);
}
