import { asks } from './ask.mjs';

asks('ask-python-private-key', { privateKey: true });
