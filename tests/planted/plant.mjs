/// The files that `bug` of bugs.mjs changes, as they are with it: file → source. read(file) gives a source without it. Throws where what it replaces does not
/// stand exactly once.
export function planted(bug, read) {
  const sources = new Map();
  for (const { file, from, to } of [bug, ...(bug.also ?? [])]) {
    const source = sources.get(file) ?? read(file), times = source.split(from).length - 1;
    if (times !== 1) throw new Error(`${bug.name}: "${from}" stands ${times} times in ${file}, not once`);
    sources.set(file, source.replace(from, () => to));
  }
  return sources;
}
