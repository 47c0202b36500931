import { onchainTable } from 'ponder';

export const total = onchainTable('total', (t) => ({ id: t.integer().primaryKey(), logs: t.integer().notNull(), sum: t.bigint().notNull() }));
