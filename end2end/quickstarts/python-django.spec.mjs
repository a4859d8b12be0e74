import { protects } from './protect.mjs';

protects('python-django');
