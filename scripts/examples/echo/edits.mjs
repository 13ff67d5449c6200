/** What has to be said of the service echo outside of its folder: behind which text of a file which lines follow. */
export const edits = [
  [
    'server/src/main/all-services.ts',
    "  (await import('../services/discovery/service.ts')).discovery,\n",
    "  (await import('../services/echo/service.ts')).echo,\n",
  ],
  [
    'docs/contributing/topics.md',
    "| `parley.chat` | conversation | relay, of chat's tables | conversations, memberships, messages, receipts, preferences |\n",
    '| `parley.echo` | account | relay, of the tables of echo | what each account said last |\n',
  ],
  ['deploy/postgres/databases.sql', 'create database chat;\n', 'create database echo;\n'],
  ['deploy/helm/parley/templates/_helpers.tpl', 'discovery: {}\n', 'echo: {}\n'],
  ['deploy/helm/parley/values.yaml', '  chat: ""\n', '  echo: ""\n'],
  [
    'deploy/helm/parley/values.yaml',
    '  discovery:\n    replicas: 2\n    options: {}\n    resources: *ordinary\n',
    '  echo:\n    replicas: 1\n    options: {}\n    resources: *ordinary\n',
  ],
  ['deploy/helm/parley/values.schema.json', '"required": ["gateway",', ' "echo",'],
  [
    'deploy/helm/parley/values.schema.json',
    '        "discovery": { "$ref": "#/definitions/target" }',
    ',\n        "echo": { "$ref": "#/definitions/target" }',
  ],
  [
    'deploy/helm/parley/values.schema.json',
    '        "chat": { "$ref": "#/definitions/postgresUrl" }',
    ',\n        "echo": { "$ref": "#/definitions/postgresUrl" }',
  ],
  [
    'deploy/helm/values/external.yaml',
    '  chat: postgres://parley:secret@chat-db.internal:5432/chat\n',
    '  echo: postgres://parley:secret@echo-db.internal:5432/echo\n',
  ],
  [
    'deploy/compose.yaml',
    '@postgres:5432/chat\n',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose fills it in
    'x-echo: &echo\n  PARLEY_ECHO_DATABASE_URL: postgres://parley:${PARLEY_POSTGRES_PASSWORD:-parley}@postgres:5432/echo\n',
  ],
  ['deploy/compose.yaml', 'environment: { <<: [*common, *identity, *people, *chat', ', *echo', 2],
  [
    'deploy/compose.yaml',
    '    environment: { <<: *common, PARLEY_TARGET: discovery }\n',
    '\n  echo:\n    <<: *target\n    environment: { <<: [*common, *echo], PARLEY_TARGET: echo }\n',
  ],
];
