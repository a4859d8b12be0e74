import { protects } from './protect.mjs';

protects('rust-axum');
