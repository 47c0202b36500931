#include "adapters/evm/check.hpp"

#include <algorithm>
#include <set>

#include "adapters/evm/gate_abi.hpp"

namespace lockstep::evm {

std::optional<Hash32> word_of(BytesView answer, std::size_t index) {
  if (answer.size() < (index + 1) * Hash32::size) return std::nullopt;
  Hash32 word;
  std::ranges::copy(answer.subspan(index * Hash32::size, Hash32::size), word.bytes.begin());
  return word;
}

bool holds(Compare compare, const Hash32& got, const Hash32& operand) {
  switch (compare) {
    case Compare::none:
      return false;
    case Compare::equal:
      return got == operand;
    case Compare::not_zero:
      return !got.is_zero();
    case Compare::at_least:
      return got >= operand;
    case Compare::at_most:
      return got <= operand;
  }
  return false;
}

const char* to_text(Compare compare) {
  switch (compare) {
    case Compare::none:
      return "nothing";
    case Compare::equal:
      return "equal to";
    case Compare::not_zero:
      return "not zero";
    case Compare::at_least:
      return "at least";
    case Compare::at_most:
      return "at most";
  }
  return "?";
}

bool is_revert(const transport::Failure& failure) { return failure.reverted; }

std::string why_reverted(const transport::Failure& failure) {
  const auto data = bytes_from_hex(failure.data);
  return data && !data->empty() ? revert_text(*data) : failure.detail;
}

Result<void> all_answered(std::span<const RpcAnswer> answers, const char* what) {
  for (const auto& answer : answers) {
    if (!answer && !is_revert(answer.error())) return std::unexpected(rpc_error(what, answer.error()));
  }
  return {};
}

std::vector<ProofRequest> code_requests(const CompiledInstance& compiled, bool expect_new) {
  std::map<Address, std::vector<Hash32>> wanted;
  for (auto& [account, slots] : declared_slots(compiled)) wanted[account] = std::move(slots);
  for (const auto& proxy : compiled.proxies) wanted[expect_new ? proxy.new_implementation : proxy.old_implementation];
  for (const auto& check : expect_new ? compiled.leaf.new_code : compiled.leaf.old_code) wanted[check.account];
  std::vector<ProofRequest> requests;
  requests.reserve(wanted.size());
  for (auto& [account, slots] : wanted) requests.push_back({account, std::move(slots)});
  return requests;
}

void add_code_rows(Rows& rows, const CompiledInstance& compiled, bool expect_new, const ProvedState& state) {
  std::set<Address> seen;
  for (const auto& proxy : compiled.proxies) {
    const auto& wanted = expect_new ? proxy.new_implementation : proxy.old_implementation;
    const auto& wanted_code = expect_new ? proxy.new_code_hash : proxy.old_code_hash;
    const auto found = to_address(state.accounts.at(proxy.proxy).at(erc1967_implementation_slot));
    const auto& code = state.accounts.at(wanted).account.code_hash;
    seen.insert(wanted);
    rows.add("proxy-implementation", "E1", green_if(found == wanted),
             "{} {}: implementation slot proved at block {}: expected {}, found {}", proxy.contract,
             to_hex(proxy.proxy), state.header.num, to_hex(wanted), to_hex(found));
    rows.add("implementation-code", "E1", green_if(code == wanted_code),
             "{} at {}: code hash proved: expected {}, found {}", proxy.contract, to_hex(wanted), to_hex(wanted_code),
             to_hex(code));
  }
  for (const auto& check : expect_new ? compiled.leaf.new_code : compiled.leaf.old_code) {
    if (seen.contains(check.account)) continue;
    const auto& code = state.accounts.at(check.account).account.code_hash;
    rows.add("code-hash", "E1", green_if(code == check.code_hash), "{}: code hash proved: expected {}, found {}",
             to_hex(check.account), to_hex(check.code_hash), to_hex(code));
  }
}

std::vector<RpcCall> read_calls(const std::vector<Read>& reads, const Hash32& block) {
  std::vector<RpcCall> calls;
  calls.reserve(reads.size());
  for (const auto& read : reads) calls.push_back(call_at(read.target, read.data, block));
  return calls;
}

Result<void> add_read_rows(Rows& rows, const char* name, const char* level, const std::vector<Read>& reads,
                           std::span<const RpcAnswer> answers) {
  for (std::size_t i = 0; i < reads.size(); ++i) {
    const auto& read = reads[i];
    const auto selector = to_hex(BytesView(read.data).first(std::min<std::size_t>(4, read.data.size())));
    if (!answers[i] && !is_revert(answers[i].error()))
      return std::unexpected(rpc_error("a planned read was not answered", answers[i].error()));
    if (!answers[i]) {
      rows.add(name, level, Colour::red, "{} of {} reverts: {}", selector, to_hex(read.target),
               why_reverted(answers[i].error()));
      continue;
    }
    const auto bytes = as_bytes(answers[i]);
    if (!bytes) return std::unexpected(bytes.error());
    const auto word = word_of(*bytes, read.word);
    const auto expected = read.compare == Compare::not_zero ? std::string() : " " + to_hex(read.operand);
    rows.add(name, level, green_if(word && holds(read.compare, *word, read.operand)),
             "{} of {}: word {} expected {}{}, found {}", selector, to_hex(read.target), read.word,
             to_text(read.compare), expected, word ? to_hex(*word) : "no such word");
  }
  return {};
}

std::vector<RpcCall> oracle_calls(const Leaf& leaf, const Hash32& block) {
  std::vector<RpcCall> calls;
  calls.reserve(leaf.oracles.size());
  for (const auto& oracle : leaf.oracles) calls.push_back(call_at(oracle.target, oracle.data, block));
  return calls;
}

Result<void> add_oracle_rows(Rows& rows, const char* level, const Leaf& leaf, UnixSeconds block_time,
                             std::span<const RpcAnswer> answers) {
  for (std::size_t i = 0; i < leaf.oracles.size(); ++i) {
    const auto& oracle = leaf.oracles[i];
    if (!answers[i] && !is_revert(answers[i].error()))
      return std::unexpected(rpc_error("an oracle was not answered", answers[i].error()));
    const auto bytes = answers[i] ? as_bytes(answers[i]) : Result<Bytes>(Bytes{});
    if (!bytes) return std::unexpected(bytes.error());
    const auto word = word_of(*bytes, oracle.word);
    if (!word) {
      rows.add("oracle-fresh", level, Colour::red, "{}: gives no time", to_hex(oracle.target));
      continue;
    }
    const auto time = from_word(*word);
    const bool fresh = time + leaf.oracle_max_age >= block_time && time <= Uint256(block_time) + leaf.oracle_max_age;
    rows.add("oracle-fresh", level, amber_unless(fresh),
             "{}: price of {}, block of {}, at most {} s apart; the gate opens only on fresh prices",
             to_hex(oracle.target), to_decimal(time), block_time, leaf.oracle_max_age);
  }
  return {};
}

}  // namespace lockstep::evm
