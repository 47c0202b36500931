#!/usr/bin/env node
// The compiler forge is told to use: the pinned npm build of solc behind the two options forge calls it with. Sources arrive inside the JSON, so
// nothing is read from disk and nothing is downloaded.
import { readFileSync, writeSync } from 'node:fs';
import solc from 'solc';

/** Writes everything, also into a pipe that is full. */
function print(text) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

const args = process.argv.slice(2);
if (args.includes('--version')) {
  print(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (args.includes('--standard-json')) {
  print(solc.compile(readFileSync(0, 'utf8')));
} else {
  console.error('solc.mjs: expected --version or --standard-json');
  process.exitCode = 64;
}
