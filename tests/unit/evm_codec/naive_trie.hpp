#pragma once
// A second, deliberately simple trie for tests: built anew from the whole sorted map each time, by the recursive
// definition of the Yellow Paper (appendix D). It shares only RLP and Keccak with the code under test.
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace lockstep::test {

using NaiveMap = std::map<std::string, Bytes>;  // nibbles of the hashed key → value

std::string nibbles_of_hash(BytesView key);
Hash32 naive_root(const NaiveMap& map);
/// The proof of one key's value or absence, as eth_getProof lists it: nodes of 32 bytes and more, from the root.
std::vector<Bytes> naive_proof(const NaiveMap& map, BytesView key);

}  // namespace lockstep::test
