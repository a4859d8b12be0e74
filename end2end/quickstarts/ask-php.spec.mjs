import { asks } from './ask.mjs';

asks('ask-php', { keepsFile: true, wait: true });
