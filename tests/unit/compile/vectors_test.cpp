// Hashes against tests/golden/plan_vectors.json, which plan_vectors.mjs computes with viem from the canonical document
// alone.
#include <nlohmann/json.hpp>

#include "crypto/keccak256.hpp"
#include "tests/unit/compile/acme.hpp"

namespace lockstep::evm::test {
namespace {

nlohmann::json vectors() { return nlohmann::json::parse(read_file("tests/golden/plan_vectors.json")); }

/// A protocol plan and a network plan: the document committed for each, and viem's hashes of it.
class PlanVectors : public ::testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  CompiledPlan plan() const {
    auto plan = compile_text(read_file(GetParam().second));
    if (!plan) ADD_FAILURE() << join(plan.error());
    return plan.value();
  }
  std::string document_file() const { return std::string("tests/golden/") + GetParam().first + ".document.json"; }
};

INSTANTIATE_TEST_SUITE_P(Plans, PlanVectors,
                         ::testing::Values(std::pair("acme_plan", "config/plan.toml"),
                                           std::pair("network_plan", "tests/golden/network_plan.toml")),
                         [](const auto& given) { return std::string(given.param.first); });

TEST_P(PlanVectors, DocumentIsTheCommittedOne) {
  const auto compiled = plan();
  if (std::getenv("LOCKSTEP_REWRITE") != nullptr)
    std::ofstream(source_dir + "/" + document_file()) << compiled.document;
  EXPECT_EQ(compiled.document, read_file(document_file()));
}

TEST_P(PlanVectors, HashesAgreeWithViem) {
  const auto compiled = plan();
  const auto expected = vectors().at("plans").at(GetParam().first);
  EXPECT_EQ(to_hex(compiled.document_hash), expected.at("documentHash"));
  EXPECT_EQ(to_hex(compiled.plan.operators.hash), expected.at("operatorSet"));
  EXPECT_EQ(to_hex(compiled.plan.hash), expected.at("planHash"));
  ASSERT_EQ(compiled.instances.size(), expected.at("instances").size());
  for (std::size_t i = 0; i < compiled.instances.size(); ++i) {
    const auto& wanted = expected["instances"][i];
    EXPECT_EQ(to_hex(compiled.instances[i].leaf_hash), wanted.at("leafHash")) << i;
    EXPECT_EQ(to_hex(crypto::keccak256(arm_calldata(compiled, i))), wanted.at("armCalldataHash")) << i;
    ASSERT_EQ(compiled.instances[i].siblings.size(), wanted.at("siblings").size()) << i;
    for (std::size_t k = 0; k < compiled.instances[i].siblings.size(); ++k)
      EXPECT_EQ(to_hex(compiled.instances[i].siblings[k]), wanted["siblings"][k]);
  }
}

TEST(LeavesTree, OfEverySizeAgreeWithViem) {
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
