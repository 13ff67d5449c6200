import type { AttachmentId } from '../../../kernel/ids.ts';
import { builder } from './builder.ts';
import type { ContentView } from './content-view.ts';
import { attachmentContentType, contentType } from './enums.ts';

const typeNames: Readonly<Record<ContentView['type'], string>> = {
  text: 'TextContent',
  image: 'AttachmentContent',
  video: 'AttachmentContent',
  audio: 'AttachmentContent',
  file: 'AttachmentContent',
  location: 'LocationContent',
  form: 'DataContent',
  json: 'DataContent',
  system: 'SystemContent',
};

export const content = builder.interfaceRef<ContentView>('Content').implement({
  description: 'What a message says.',
  resolveType: ({ type }) => typeNames[type],
  fields: (t) => ({
    type: t.expose('type', { type: contentType }),
    text: t.string({
      nullable: true,
      description: 'The text, or what is written beside an attachment or a place.',
      resolve: ({ text }) => text ?? null,
    }),
    json: t.field({ type: 'JSON', description: 'All of it, as it was sent.', resolve: (whole) => whole }),
  }),
});

builder.objectType(builder.objectRef<ContentView>('TextContent'), { interfaces: [content] });

builder.objectType(builder.objectRef<ContentView & { readonly attachment: AttachmentId }>('AttachmentContent'), {
  interfaces: [content],
  fields: (t) => ({
    attachmentId: t.exposeID('attachment'),
    url: t.string({
      description: 'Where the bytes are.',
      resolve: ({ attachment }) => `/api/v1/attachments/${attachment}`,
    }),
  }),
});

builder.objectType(
  builder.objectRef<ContentView & { readonly latitude: number; readonly longitude: number }>('LocationContent'),
  {
    interfaces: [content],
    fields: (t) => ({ latitude: t.exposeFloat('latitude'), longitude: t.exposeFloat('longitude') }),
  },
);

builder.objectType(builder.objectRef<ContentView>('DataContent'), {
  description: 'A form, or data of clients.',
  interfaces: [content],
  fields: (t) => ({ value: t.field({ type: 'JSON', nullable: true, resolve: ({ value }) => value }) }),
});

builder.objectType(builder.objectRef<ContentView & { readonly event: string }>('SystemContent'), {
  description: 'Written by the server; what it tells of the event is in json.',
  interfaces: [content],
  fields: (t) => ({ event: t.exposeString('event') }),
});

const attachmentInput = builder.inputType('AttachmentContentInput', {
  fields: (t) => ({
    type: t.field({ type: attachmentContentType, required: true }),
    attachment: t.id({ required: true }),
    text: t.string(),
  }),
});

const locationInput = builder.inputType('LocationContentInput', {
  fields: (t) => ({
    latitude: t.float({ required: true }),
    longitude: t.float({ required: true }),
    text: t.string(),
  }),
});

export const contentInput = builder.inputType('ContentInput', {
  description: 'One of them.',
  isOneOf: true,
  fields: (t) => ({
    text: t.string({ description: 'At most 16 KiB.' }),
    attachment: t.field({ type: attachmentInput }),
    location: t.field({ type: locationInput }),
    form: t.field({ type: 'JSON' }),
    json: t.field({ type: 'JSON' }),
  }),
});

/** The content that an input stands for, as the native protocol writes it. */
export function writeContent(input: typeof contentInput.$inferInput): object {
  const { text, attachment, location } = input;
  if (typeof text === 'string') return { type: 'text', text };
  if (attachment) return withoutNull(attachment);
  if (location) return withoutNull({ type: 'location', ...location });
  return 'form' in input ? { type: 'form', value: input.form } : { type: 'json', value: input.json };
}

function withoutNull(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
