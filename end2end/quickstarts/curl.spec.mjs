import { asks } from './ask.mjs';

asks('curl', { keepsFile: true, command: 'curl' });
