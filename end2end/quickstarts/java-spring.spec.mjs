import { protects } from './protect.mjs';

protects('java-spring');
