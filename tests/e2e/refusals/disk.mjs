// A disk of a few MiB that can be filled: a tmpfs in a mount namespace of its own, so that nothing of it is left behind whatever happens. A machine
// where it cannot be mounted fails the test: a full disk that was not tried is not survived.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

const holders = new Set();
process.once('exit', () => { for (const holder of holders) holder.kill('SIGKILL'); });

const asRoot = process.getuid() === 0;
const unshareFlags = asRoot ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
const enterFlags = asRoot ? ['--mount'] : ['--user', '--preserve-credentials', '--mount'];

export class SmallDisk {
  /// Mounted over the folder `at`, for this disk's own processes alone.
  static async mount(at, sizeKib) {
    const script = 'mount -t tmpfs -o size="$1"k,mode=700 lockstep-test "$2" && echo mounted && exec cat';
    const holder = spawn('unshare', [...unshareFlags, 'sh', '-c', script, 'sh', String(sizeKib), at], { stdio: ['pipe', 'pipe', 'pipe'] });
    holders.add(holder);
    let said = '';
    for (const stream of [holder.stdout, holder.stderr]) stream.setEncoding('utf8').on('data', (text) => { said += text; });
    holder.once('error', (error) => { said += error.message; });
    await Promise.race([once(holder.stdout, 'data'), once(holder, 'close'), once(holder, 'error')]).catch(() => {});
    if (!said.includes('mounted')) {
      throw new Error(`no small disk can be mounted here, so a full disk cannot be tested: ${said.trim()}. Next: run as root, or allow unprivileged user namespaces`);
    }
    return Object.assign(new SmallDisk(), { holder, at, inside: path.join(`/proc/${holder.pid}/root`, at) });
  }

  /// A script, written to `file`, that becomes `program` where the disk is mounted: same process, same arguments.
  entering(program, file) {
    writeFileSync(file, `#!/bin/sh\nexec nsenter --target=${this.holder.pid} ${enterFlags.join(' ')} -- '${program}' "$@"\n`, { mode: 0o700 });
    return file;
  }

  /// Writes until nothing more fits; returns the bytes that did.
  fill(name = 'filler') {
    const file = openSync(path.join(this.inside, name), 'a');
    let written = 0;
    try {
      for (let size = 1 << 16; size >= 1;) {
        try {
          written += writeSync(file, Buffer.alloc(size));
        } catch (error) {
          if (error.code !== 'ENOSPC') throw error;
          size >>= 1;
        }
      }
    } finally {
      closeSync(file);
    }
    return written;
  }

  free(name = 'filler') { rmSync(path.join(this.inside, name)); }

  copyTo(folder) { execFileSync('cp', ['-a', `${this.inside}/.`, folder]); }

  async unmount() {
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    const gone = once(this.holder, 'exit');
    this.holder.stdin.end();
    await gone;
    holders.delete(this.holder);
  }
}
