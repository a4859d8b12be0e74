import { protects } from './protect.mjs';

protects('ruby-sinatra');
