// Hashes against tests/golden/plan_vectors.json, which plan_vectors.mjs computes with viem from the canonical document
// alone.
#include <nlohmann/json.hpp>

#include "crypto/keccak256.hpp"
#include "tests/unit/compile/acme.hpp"

namespace lockstep::evm::test {
namespace {

constexpr const char* document_file = "tests/golden/acme_plan.document.json";

nlohmann::json vectors() { return nlohmann::json::parse(read_file("tests/golden/plan_vectors.json")); }

TEST(PlanVectors, DocumentIsTheCommittedOne) {
  const auto plan = acme_plan();
  if (std::getenv("LOCKSTEP_REWRITE") != nullptr) std::ofstream(source_dir + "/" + document_file) << plan.document;
  EXPECT_EQ(plan.document, read_file(document_file));
}

TEST(PlanVectors, HashesAgreeWithViem) {
  const auto plan = acme_plan();
  const auto expected = vectors();
  EXPECT_EQ(to_hex(plan.document_hash), expected.at("documentHash"));
  EXPECT_EQ(to_hex(plan.plan.operators.hash), expected.at("operatorSet"));
  EXPECT_EQ(to_hex(plan.plan.hash), expected.at("planHash"));
  ASSERT_EQ(plan.instances.size(), expected.at("instances").size());
  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    const auto& wanted = expected["instances"][i];
    EXPECT_EQ(to_hex(plan.instances[i].leaf_hash), wanted.at("leafHash")) << i;
    EXPECT_EQ(to_hex(crypto::keccak256(arm_calldata(plan, i))), wanted.at("armCalldataHash")) << i;
    ASSERT_EQ(plan.instances[i].siblings.size(), wanted.at("siblings").size()) << i;
    for (std::size_t k = 0; k < plan.instances[i].siblings.size(); ++k)
      EXPECT_EQ(to_hex(plan.instances[i].siblings[k]), wanted["siblings"][k]);
  }
}

TEST(PlanVectors, TreesOfEverySizeAgreeWithViem) {
  const auto all = vectors();
  for (const auto& tree : all.at("trees")) {
    std::vector<Hash32> leaves;
    for (const auto& hash : tree.at("leafHashes"))
      leaves.push_back(fixed_from_hex<Hash32>(hash.get<std::string>()).value());
    EXPECT_EQ(to_hex(leaves_root(leaves)), tree.at("root")) << leaves.size();
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      std::vector<std::string> path;
      for (const auto& hash : siblings(leaves, i)) path.push_back(to_hex(hash));
      EXPECT_EQ(nlohmann::json(path), tree.at("siblings")[i]) << leaves.size() << " " << i;
    }
  }
}

}  // namespace
}  // namespace lockstep::evm::test
