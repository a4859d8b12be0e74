import { asks } from './ask.mjs';

asks('ask-node');
