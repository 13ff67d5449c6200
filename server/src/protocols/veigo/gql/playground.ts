import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { examples } from './examples.ts';

/**
 * `/playground`: the schema, a place to write queries and what is answered. One small page of our own, without a byte from elsewhere; its
 * policy lets it run its one script and talk to this server, and nothing else.
 */
export function addPlayground(app: FastifyInstance): void {
  app.get('/playground', { schema: { hide: true } }, async (_request, reply) => {
    return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page);
  });
}

const style = `
body { margin: 0; height: 100vh; display: grid; grid-template: auto 1fr 1fr / 22rem 1fr 1fr; gap: 8px; padding: 8px;
  box-sizing: border-box; font: 14px system-ui, sans-serif; background: #f4f5f7; color: #1c2430 }
header { grid-column: 1 / -1; display: flex; gap: 8px; align-items: center }
h1 { font-size: 16px; margin: 0 auto 0 0 }
#docs { grid-row: 2 / 4; overflow: auto }
#query { grid-row: 2 / 4 }
textarea, pre, #docs, input, select, button { font: 13px ui-monospace, monospace; border: 1px solid #c5ccd6; border-radius: 6px;
  background: #fff; padding: 8px; margin: 0; box-sizing: border-box; color: inherit }
textarea { resize: none } pre { overflow: auto; white-space: pre-wrap } input { width: 30rem; max-width: 40vw }
button { background: #1f5fd0; color: #fff; cursor: pointer } dt { margin-top: 8px; font-weight: 600 } dd { margin: 0 0 0 12px }
`;

const script = `
const $ = (id) => document.getElementById(id);
const examples = ${JSON.stringify(examples).replaceAll('<', '\\u003c')};
const ask = async (query, variables) => {
  const token = $('token').value.trim();
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  if (token) headers.authorization = token.includes(' ') ? token : 'SuperDuperUser ' + token;
  const response = await fetch('/gql', { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return response.json();
};
const run = async () => {
  try {
    const variables = $('variables').value.trim();
    const answer = await ask($('query').value, variables ? JSON.parse(variables) : undefined);
    $('answer').textContent = JSON.stringify(answer, null, 2);
    for (const value of Object.values(answer.data || {})) {
      const access = value && (value.token ? value.token.access : value.access);
      if (access) $('token').value = 'SuperDuperUser ' + access;
    }
  } catch (error) { $('answer').textContent = String(error); }
};
for (const name of Object.keys(examples)) $('examples').append(new Option(name));
const show = () => { $('query').value = examples[$('examples').value]; };
$('examples').addEventListener('change', show);
$('run').addEventListener('click', run);
addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run(); });
show();
const typeOf = (type) => type.kind === 'NON_NULL' ? typeOf(type.ofType) + '!' : type.kind === 'LIST' ? '[' + typeOf(type.ofType) + ']' : type.name;
const ofType = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }';
ask('{ __schema { types { kind name enumValues { name } inputFields { name type { ' + ofType + ' } } fields { name description args { name type { ' + ofType + ' } } type { ' + ofType + ' } } } } }').then(({ data }) => {
  const line = (tag, text) => { const element = document.createElement(tag); element.textContent = text; $('docs').append(element); };
  const own = data.__schema.types.filter(({ name, kind }) => !name.startsWith('__') && kind !== 'SCALAR');
  own.sort((a, b) => b.name.startsWith('Root') - a.name.startsWith('Root'));
  for (const type of own) {
    line('dt', type.name);
    for (const { name, args, type: result, description } of type.fields || type.inputFields || []) {
      const given = args && args.length ? '(' + args.map((arg) => arg.name + ': ' + typeOf(arg.type)).join(', ') + ')' : '';
      line('dd', name + given + ': ' + typeOf(result) + (description ? ' – ' + description : ''));
    }
    if (type.enumValues) line('dd', type.enumValues.map(({ name }) => name).join(' | '));
  }
});
`;

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Playground</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body>
<header><h1>/gql</h1>
<label>Example <select id="examples"></select></label>
<label>Authorization <input id="token" placeholder="SuperDuperUser &lt;access token&gt;" autocomplete="off" spellcheck="false"></label>
<button id="run" title="Ctrl+Enter">Run</button></header>
<dl id="docs" aria-label="Schema"></dl>
<textarea id="query" aria-label="Query" spellcheck="false"></textarea>
<textarea id="variables" aria-label="Variables" placeholder='Variables: { "room_id": "…" }' spellcheck="false"></textarea>
<pre id="answer" aria-label="Answer"></pre>
<script>${script}</script>
</body>
</html>
`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy =
  `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; connect-src 'self'; img-src data:; ` +
  `base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
