import { protects } from './protect.mjs';

protects('go-net-http');
