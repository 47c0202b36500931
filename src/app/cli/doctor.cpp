#include "app/cli/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/cli/operating.hpp"

// Everything the daemon will use, probed now and all at once.
namespace lockstep::app {
namespace {

using nlohmann::json;

struct DoctorArguments {
  std::vector<std::string> chains;
  bool deep = false;
};

class Doctor {
 public:
  Doctor(DoctorContext context, const std::vector<std::string>& chains) : context_(std::move(context)) {
    const auto& all = context_.config.chains;
    for (const auto& chain : all) {
      if (chains.empty() || std::ranges::find(chains, chain.id) != chains.end()) chains_.push_back(&chain);
    }
  }

  /// Every group at the same time; rows in the order of the groups.
  Findings run() {
    std::vector<std::future<Findings>> groups;
    const auto start = [&](auto work) { groups.push_back(std::async(std::launch::async, std::move(work))); };
    start([this] { return examine_clock(); });
    start([this] { return examine_data_dir(context_.config); });
    start([this] { return examine_listeners(context_.config, context_.outlets.tls, context_.timeout_ms); });
    for (const auto& signer : context_.config.signers) {
      std::promise<std::optional<Address>> opened;
      keys_.emplace(signer.id, opened.get_future().share());
      start([this, &signer, promise = std::move(opened)]() mutable {
        return examine_signer(context_, signer, std::move(promise));
      });
    }
    start([this] { return examine_operator(context_, key(context_.config.operator_signer)); });
    for (const auto* chain : chains_)
      start([this, chain] { return examine_chain(context_, *chain, key(chain->signer)); });
    start([this] { return examine_peers(context_); });
    start([this] { return examine_sinks(context_.outlets); });
    Findings all;
    for (auto& group : groups) append(all, group.get());
    return all;
  }

 private:
  std::shared_future<std::optional<Address>> key(const std::string& id) const {
    const auto known = keys_.find(id);
    if (known != keys_.end()) return known->second;
    std::promise<std::optional<Address>> none;
    none.set_value(std::nullopt);
    return none.get_future().share();
  }

  DoctorContext context_;
  std::vector<const settings::ChainConfig*> chains_;
  std::map<std::string, std::shared_future<std::optional<Address>>> keys_;
};

Exit doctor(Session& session, const DoctorArguments& args) {
  Exit failing{};
  const auto all_of_it = session.all_settings(failing);
  if (!all_of_it) return failing;
  const auto& loaded = all_of_it->loaded;
  constexpr std::uint64_t patience_s = 5;
  const auto timeout = session.timeout_s(patience_s, failing);
  if (!timeout) return failing;
  const auto& config = loaded.config;
  for (const auto& id : args.chains) {
    if (std::ranges::any_of(config.chains, [&](const auto& chain) { return chain.id == id; })) continue;
    return session.fail({"chain \"" + id + "\" is not configured", "--chain", {}, "lockstep chain list"}, Exit::usage);
  }
  DoctorContext context{config, all_of_it->outlets, {}, static_cast<std::uint32_t>(*timeout * 1000), args.deep};
  Findings all{{"config", "config", Verdict::ok,
                fmt::format("{} chains, {} signers, {} peers", config.chains.size(), config.signers.size(),
                            config.peers.size())}};
  for (const auto& notice : loaded.notices) all.push_back(finding("config", "notice", Verdict::warn, notice));
  append(all, examine_protocol_files(config, context.protocols));
  session.say(fmt::format("looking at {} chains; at most {} s each", config.chains.size(), *timeout * 4));
  append(all, Doctor(std::move(context), args.chains).run());
  json rows = json::array();
  for (const auto& one : all) rows.push_back(to_json(one));
  const auto failures = count(all, Verdict::fail), warnings = count(all, Verdict::warn);
  const auto text = table(all) + fmt::format("{} checks, {} failed, {} warnings\n", all.size(), failures, warnings);
  const auto written = session.result({{"schema", "lockstep.doctor/1"},
                                       {"ok", failures == 0},
                                       {"failed", failures},
                                       {"warnings", warnings},
                                       {"checks", rows}},
                                      text);
  return written != Exit::ok || failures == 0 ? written : Exit::unhealthy;
}

}  // namespace

void add_doctor(CLI::App& app, Session& session, Verb& verb) {
  const auto args = std::make_shared<DoctorArguments>();
  auto* sub =
      app.add_subcommand("doctor", "probe everything the daemon will use; exit 13 if any of it fails")->fallthrough();
  sub->add_option("--chain", args->chains, "only this chain; repeatable")->allow_extra_args(false);
  sub->add_flag("--deep", args->deep, "also logs, contracts and who may upgrade them");
  sub->callback([&session, &verb, args] { verb = [&session, args] { return doctor(session, *args); }; });
}

}  // namespace lockstep::app
