// A program on a terminal: some show more to somebody who looks than they write into a pipe.
import { spawn } from 'node:child_process';
import { until } from '../demo/daemon.mjs';

/// What was on the screen once `shows` liked it; the program is killed then. In vain: an error with the last screen.
export async function seenOnTerminal(what, program, args, shows, timeoutMs = 30_000) {
  const quoted = [program, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', `exec ${quoted}`, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => { text += part; });
  // A frame begins with home and clear (ECMA-48); the last may not be whole yet.
  const screen = () => text.split('\x1b[H\x1b[2J').slice(1).at(-2) ?? '';
  try {
    return await until(`the terminal to show ${what}`, timeoutMs, () => shows(screen()) && screen());
  } catch (error) {
    throw new Error(`${error.message}; it shows:\n${screen() || text}`);
  } finally {
    if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  }
}
