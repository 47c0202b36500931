// Recomputes a plan's hashes with viem from the canonical document alone, and checks that the document is canonical. Shares nothing with the
// C++: calls are encoded again from their human signatures and arguments. Writes plan_vectors.json next to it.
//   node tests/golden/plan_vectors.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, "../../contracts_abi/solidity/package.json"));
const { concat, encodeAbiParameters, encodeFunctionData, keccak256, parseAbi, parseAbiParameters, stringToHex, toHex } = require("viem");

const structs = [
  "struct Call { address target; uint256 value; bytes data; }",
  "struct CodeCheck { address account; bytes32 codeHash; }",
  "struct Read { address target; bytes data; uint16 word; uint8 compare; bytes32 operand; }",
  "struct OracleCheck { address target; bytes data; uint16 word; }",
  "struct Stage { uint32 afterSeconds; uint32 mask; }",
  "struct Leaf { uint256 chainId; address gate; uint64 epoch; uint64 haltAt; uint64 switchBy; uint64 decideBy; bytes32 operatorSet; uint32 haltedMask; uint32 oracleMaxAge; Call[] haltCalls; Call[] resumeCalls; Call[] switchCalls; Call[] rollbackCalls; CodeCheck[] newCode; Read[] newReads; CodeCheck[] oldCode; Read[] oldReads; OracleCheck[] oracles; Stage[] stages; }",
  "struct Proof { bytes32 documentHash; bytes32[] siblings; }",
];
const leafType = parseAbiParameters(["Leaf leaf", ...structs]);
const gate = parseAbi([...structs, "function arm(bytes32 planHash, Leaf leaf, Proof proof)"]);
const compare = ["none", "equals", "not_zero", "at_least", "at_most"];

// RFC 8785 for what a document holds: JavaScript sorts strings by UTF-16 code units and escapes them as the RFC says.
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((k) => `${JSON.stringify(k)}:${canonical(value[k])}`).join(",")}}`;
};

/** "f(a,b)(c)" or with a returns clause, as a function viem understands. */
const abiOf = (signature) => {
  const inputsEnd = signature.indexOf(")") + 1;
  const outputs = signature.slice(inputsEnd).trim();
  return parseAbi([`function ${signature.slice(0, inputsEnd)}${outputs.startsWith("(") ? ` returns ${outputs}` : ""}`]);
};
const encodeCall = ({ call, args, data }) => {
  const abi = abiOf(call);
  const values = args.map((text, i) => (/^u?int/.test(abi[0].inputs[i].type) ? BigInt(text) : text));
  const encoded = encodeFunctionData({ abi, functionName: abi[0].name, args: values });
  assert.equal(encoded, data, `calldata of ${call}`);
  return encoded;
};
const calls = (list) => list.map((c) => ({ target: c.target, value: BigInt(c.value), data: encodeCall(c) }));
const codes = (list) => list.map((c) => ({ account: c.account, codeHash: c.codehash }));
const reads = (list) => list.map((r) => ({ target: r.target, data: encodeCall(r), word: r.word, compare: compare.indexOf(r.compare), operand: r.operand }));

const operatorSetOf = ({ addresses, threshold, faulty }) =>
  keccak256(encodeAbiParameters(parseAbiParameters("address[], uint32, uint32"), [addresses, threshold, faulty]));

const leafOf = (document, instance) => ({
  chainId: BigInt(instance.chain_id),
  gate: instance.gate,
  epoch: BigInt(document.epoch),
  haltAt: BigInt(document.window.halt_at),
  switchBy: BigInt(document.window.switch_by),
  decideBy: BigInt(document.window.decide_by),
  operatorSet: operatorSetOf(document.operators),
  haltedMask: document.policy.halted_mask,
  oracleMaxAge: instance.oracles.length ? document.policy.oracle_age_max : 0,
  haltCalls: calls(instance.halt_calls),
  resumeCalls: calls(instance.resume_calls),
  switchCalls: calls(instance.switch_calls),
  rollbackCalls: calls(instance.rollback_calls),
  newCode: codes(instance.new_code),
  newReads: reads(instance.new_reads),
  oldCode: codes(instance.old_code),
  oldReads: reads(instance.old_reads),
  oracles: instance.oracles.map((o) => ({ target: o.target, data: encodeCall(o), word: o.word })),
  stages: document.policy.resume.map((s) => ({ afterSeconds: s.after, mask: s.mask })),
});

const pair = (a, b) => keccak256(concat(BigInt(a) < BigInt(b) ? [a, b] : [b, a]));
/** Root and every leaf's path of a sorted-pair tree over keccak256(leafHash). */
const tree = (leafHashes) => {
  let level = leafHashes.map((hash, i) => ({ hash: keccak256(hash), members: [i] }));
  const siblings = leafHashes.map(() => []);
  while (level.length > 1) {
    const up = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]];
      if (!right) { up.push(left); continue; }
      for (const m of left.members) siblings[m].push(right.hash);
      for (const m of right.members) siblings[m].push(left.hash);
      up.push({ hash: pair(left.hash, right.hash), members: [...left.members, ...right.members] });
    }
    level = up;
  }
  return { leafHashes, root: level[0].hash, siblings };
};

/** Hashes of a plan, from its document alone. */
const vectorsOf = (name) => {
  const text = readFileSync(join(here, `${name}.document.json`), "utf8");
  const document = JSON.parse(text);
  assert.equal(canonical(document), text, `${name}: the document is canonical`);
  const documentHash = keccak256(stringToHex(text));
  const leaves = document.instances.map((instance) => leafOf(document, instance));
  const leafHashes = leaves.map((leaf) => keccak256(encodeAbiParameters(leafType, [leaf])));
  document.instances.forEach((instance, i) => assert.equal(instance.leaf_hash, leafHashes[i], `${name}: leaf of ${instance.chain}`));
  const whole = tree(leafHashes);
  const planHash = keccak256(concat([keccak256(stringToHex("LockstepPlan(bytes32 documentHash,bytes32 leavesRoot)")), documentHash, whole.root]));
  return {
    documentHash,
    operatorSet: operatorSetOf(document.operators),
    planHash,
    instances: leaves.map((leaf, i) => ({
      leafHash: leafHashes[i],
      siblings: whole.siblings[i],
      armCalldataHash: keccak256(encodeFunctionData({ abi: gate, functionName: "arm", args: [planHash, leaf, { documentHash, siblings: whole.siblings[i] }] })),
    })),
  };
};

const vectors = {
  generator: "tests/golden/plan_vectors.mjs, viem 2.55.0",
  plans: Object.fromEntries(["acme_plan", "network_plan"].map((name) => [name, vectorsOf(name)])),
  trees: [1, 2, 3, 4, 5, 7, 8, 13].map((n) => tree(Array.from({ length: n }, (_, i) => keccak256(toHex(1000 + i))))),
};
writeFileSync(join(here, "plan_vectors.json"), `${JSON.stringify(vectors, null, 1)}\n`);
for (const [name, { planHash }] of Object.entries(vectors.plans)) console.log(`${name} ${planHash}`);
