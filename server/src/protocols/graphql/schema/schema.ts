import { builder } from './builder.ts';
import './own-account.ts';

export const schema = builder.toSchema();
