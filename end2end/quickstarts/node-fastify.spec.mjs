import { protects } from './protect.mjs';

protects('node-fastify');
