// Computes TurboSHAKE256 (RFC 9861) with domain byte 0x01 and 32 bytes of output by noble, of messages as in the RFC: bytes 00 to fa, repeated. Writes
// turboshake256.txt next to it.
//   node tests/golden/turboshake256.mjs
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, "../../contracts_abi/solidity/package.json"));
const { turboshake256 } = createRequire(require.resolve("viem"))("@noble/hashes/sha3-addons");

const hex = (bytes) => "0x" + Buffer.from(bytes).toString("hex");
const hash = (message, size) => hex(turboshake256(message, { D: 1, dkLen: size }));
const pattern = (length) => Uint8Array.from({ length }, (_, i) => i % 251);

// RFC 9861, section 5: TurboSHAKE256(M=`FF FF FF`, D=`01`, 64).
const published = "0xd21c6fbbf587fa2282f29aea620175fb0257413af78a0b1b2a87419ce031d933ae7a4d383327a8a17641a34f8a1d1003ad7da6b72dba84bb62fef28f62f12424";
if (hash(Uint8Array.of(255, 255, 255), 64) !== published) throw new Error("noble's TurboSHAKE256 is not the RFC's");

const lengths = [...Array(140).keys(), 271, 272, 273, 407, 408, 409, 532, 1000, 4913, 83521];
const text = lengths.map((length) => `${length} ${hash(pattern(length), 32)}`);
writeFileSync(join(here, "turboshake256.txt"), "# Written by turboshake256.mjs with noble: LENGTH DIGEST\n" + text.join("\n") + "\n");
