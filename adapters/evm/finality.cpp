#include "adapters/evm/finality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lockstep::evm {
namespace {

struct Named {
  std::uint64_t chain_id;
  FinalityFacts facts;
};

constexpr FinalityFacts ethereum{"ethereum", 0, 1800, false};
// Their `finalized` follows the base layer's, some 15 to 25 minutes behind.
constexpr FinalityFacts op_stack{"op-stack", 0, 3600, true};
constexpr FinalityFacts arbitrum{"arbitrum", 0, 3600, true};
// Milestones finalise within seconds, but in September 2025 a faulty one split the nodes, and reorganisations of 32
// blocks were daily before: twice that depth as well.
constexpr FinalityFacts polygon{"polygon-pos", 64, 600, false};

constexpr std::array known_chains{
    Named{1, ethereum},        Named{11155111, ethereum}, Named{560048, ethereum},  // mainnet, Sepolia, Hoodi
    Named{10, op_stack},       Named{8453, op_stack},     Named{130, op_stack},     // OP Mainnet, Base, Unichain
    Named{11155420, op_stack}, Named{84532, op_stack},                              // OP Sepolia, Base Sepolia
    Named{42161, arbitrum},    Named{42170, arbitrum},    Named{421614, arbitrum},  // One, Nova, Sepolia
    Named{137, polygon},       Named{80002, polygon}};                              // Polygon PoS, Amoy

}  // namespace

FinalityFacts finality_facts(std::uint64_t chain_id) {
  const auto* found = std::ranges::find(known_chains, chain_id, &Named::chain_id);
  return found == known_chains.end() ? FinalityFacts{} : found->facts;
}

std::string tag_note(const FinalityFacts& facts, settings::FinalityTag tag) {
  if (!facts.sequenced || tag == settings::FinalityTag::finalized) return {};
  return fmt::format(
      "; but only the \"finalized\" of a chain with one sequencer ({}) rests on the base layer. Next: set finality = "
      "\"finalized\"",
      facts.family);
}

std::string stall_note(const FinalityFacts& facts, const Header& head, const Header& final) {
  const auto lag = head.time - std::min(head.time, final.time);
  if (lag <= facts.stall_after_s) return {};
  return fmt::format("finality stalls: final block {} is {} s behind head {}; nothing moves until it does", final.num,
                     lag, head.num);
}

}  // namespace lockstep::evm
