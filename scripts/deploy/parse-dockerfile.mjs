/** What of the Dockerfile language can be read here; anything else is refused rather than passed over. */
const known = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'];

/**
 * @typedef {{name: string, text: string, flags: Record<string, string>, line: number}} Instruction `text` is what follows the flags
 * @typedef {{name: string, base: string, instructions: Instruction[]}} Stage
 */

/**
 * @param {string} source
 * @returns {Stage[]} throws with the line on what it does not know
 */
export function parseDockerfile(source) {
  const stages = [];
  for (const { text, line } of joinLines(source)) {
    const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/s.exec(text) ?? [];
    if (!known.includes(name)) throw new Error(`line ${line}: cannot follow ${JSON.stringify(text)}`);
    if (name === 'FROM') {
      const [, base, alias] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(rest) ?? [];
      if (!base) throw new Error(`line ${line}: cannot follow ${JSON.stringify(text)}`);
      stages.push({ name: alias ?? String(stages.length), base, instructions: [] });
      continue;
    }
    if (stages.length === 0) throw new Error(`line ${line}: ${name} before FROM`);
    stages.at(-1).instructions.push({ name, line, ...splitFlags(rest) });
  }
  if (stages.length === 0) throw new Error('no FROM');
  return stages;
}

/** Lines without comments, those that end with a backslash joined. */
function joinLines(source) {
  const joined = [];
  let open = null;
  for (const [index, raw] of source.split('\n').entries()) {
    if (/^\s*(#|$)/.test(raw)) continue;
    const goesOn = raw.endsWith('\\');
    const text = (goesOn ? raw.slice(0, -1) : raw).trim();
    if (open) open.text += ` ${text}`;
    else {
      open = { text, line: index + 1 };
      joined.push(open);
    }
    if (!goesOn) open = null;
  }
  return joined;
}

function splitFlags(text) {
  const flags = {};
  let rest = text;
  for (let found = /^--([\w-]+)=(\S+)\s+/.exec(rest); found; found = /^--([\w-]+)=(\S+)\s+/.exec(rest)) {
    flags[found[1]] = found[2];
    rest = rest.slice(found[0].length);
  }
  return { flags, text: rest };
}

/** `["a", "b"]` of an exec form; null: a shell form. */
export function parseExecForm(text) {
  try {
    const words = JSON.parse(text);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : null;
  } catch {
    return null;
  }
}

/** `A=1 B=2` as an object. */
export function parseEnv(text) {
  return Object.fromEntries(
    text.split(/\s+/).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
