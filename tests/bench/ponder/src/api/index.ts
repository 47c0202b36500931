import { Hono } from 'hono';

export default new Hono();   // asked for by Ponder; nobody asks it anything
