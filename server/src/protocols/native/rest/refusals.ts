/**
 * What is refused with 400 though it fits the schema, because no schema can say it: the `detail` of the answer, word for word. They stand
 * as examples of the operation's 400 in `/openapi.json`; `npm test -- schemathesis` finds what is refused with other words.
 */
export const refusals = {
  mark: ['after must be the next of an earlier page, unchanged.'],
  password: ['That password is one of those that everybody tries first: choose another.'],
  name: ['A name has 1 to 100 characters, one of them visible, and no line breaks.'],
  title: ['A name has 1 to 200 characters, one of them visible, and no line breaks.'],
  avatar: ['An avatar is the id of an attachment or an http(s) URL.'],
  oneself: ['Name somebody other than yourself.'],
  settings: [
    'JSON may be 80 levels deep.',
    'settings holds a number that is too large.',
    'settings is nested more than 64 levels deep.',
    'The text holds a NUL character.',
    'The text holds half of a surrogate pair.',
  ],
  direct: [
    'members of a direct conversation must name exactly one account.',
    ...['id', 'name', 'topic', 'avatar', 'history'].map((field) => `A direct conversation has no ${field} to choose.`),
    'A direct conversation cannot be public.',
  ],
  users: ['query: give query or ids'],
  page: ['query: give one of before, after and around'],
  time: ['mutedUntil must be an ISO 8601 time of the years 0001 to 9999, or null.'],
  search: ['The query must hold at least one letter, digit or symbol.'],
  content: [
    'content.text has nothing to see.',
    'JSON may be 80 levels deep.',
    'content holds a number that is too large.',
    'content is nested more than 64 levels deep.',
    'The text holds a NUL character.',
    'The text holds half of a surrogate pair.',
  ],
  seqs: ['replyTo names a seq that does not exist.', 'thread names a seq that does not exist.'],
  reactions: ['This message has all the reactions it can keep.'],
  form: ['The form holds no file.', 'The form holds more than one file: send each in a form of its own.'],
} as const;
