/// One thing a law demands. check(world, say): calls say(chain name, text) for each way in which the history breaks it.
export const rule = (law, name, text, check) => ({ law, name, text, check });
