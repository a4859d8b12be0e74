import { asks } from './ask.mjs';

asks('ask-node-private-key', { privateKey: true });
