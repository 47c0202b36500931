// Counts in memory and writes one row at the end, so that what is timed is reading and decoding. Seconds are those since this file was loaded: Ponder's own
// start is left out, its reading is not.
import { ponder } from 'ponder:registry';
import { total } from 'ponder:schema';

const began = performance.now(), expected = Number(process.env.BACKFILL_LOGS);
let logs = 0, sum = 0n;

ponder.on('Sprayer:Sprayed', async ({ event, context }) => {
  logs += 1;
  sum += event.args.value;
  if (logs < expected) return;
  await context.db.insert(total).values({ id: 1, logs, sum });
  console.log(`backfill: ${JSON.stringify({ logs, sum: String(sum), seconds: (performance.now() - began) / 1000 })}`);
});
