// codec_cli as a process: requests go in as JSON lines, answers come back in order.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class Codec {
  constructor(build) {
    const program = join(build, 'tests/e2e/codecs/codec_cli');
    if (!existsSync(program)) throw new Error(`${program} is not built`);
    this.process = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.waiting = [];
    this.process.once('exit', (code, signal) => {
      for (const { reject } of this.waiting.splice(0)) reject(new Error(`codec_cli ended (${code ?? signal}) before it answered`));
    });
    createInterface({ input: this.process.stdout }).on('line', (line) => this.waiting.shift().resolve(JSON.parse(line)));
  }

  ask(op, request) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.process.stdin.write(`${JSON.stringify({ op, ...request }, (_, value) => (typeof value === 'bigint' ? value.toString() : value))}\n`);
    });
  }

  /// Like ask, but an error is thrown.
  async must(op, request) {
    const answer = await this.ask(op, request);
    if (answer !== null && answer.error !== undefined) throw new Error(`${op}: ${answer.error}`);
    return answer;
  }

  end() { this.process.stdin.end(); }
}
