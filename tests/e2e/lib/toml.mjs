// As much TOML as the files of a demo need: strings, numbers, booleans, inline tables and arrays; times and other literals as `raw`.

export const raw = (text) => ({ raw: text });

export function value(of) {
  if (of?.raw !== undefined) return of.raw;
  if (typeof of === 'bigint' || typeof of === 'number' || typeof of === 'boolean') return String(of);
  if (typeof of === 'string') return JSON.stringify(of);
  if (Array.isArray(of)) return `[${of.map(value).join(', ')}]`;
  return `{ ${pairs(of).join(', ')} }`;
}

/// `key = value` lines under an optional heading like "[window]" or "[[mirror.event]]".
export function section(heading, members) {
  return [...(heading ? [heading] : []), ...pairs(members)].join('\n');
}

function pairs(members) {
  return Object.entries(members).map(([key, member]) => `${/^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key)} = ${value(member)}`);
}
