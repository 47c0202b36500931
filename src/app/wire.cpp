#include "app/wire.hpp"

#include <algorithm>
#include <map>

#include "adapters/notify/notifier.hpp"
#include "app/api_keeper.hpp"
#include "app/assemble.hpp"
#include "app/mirror_keeper.hpp"
#include "app/plan_desk.hpp"
#include "app/reload.hpp"
#include "app/report_desk.hpp"
#include "app/service_manager.hpp"
#include "crypto/eip712.hpp"
#include "journal/guarded_signer.hpp"
#include "journal/sqlite_journal.hpp"
#include "runtime/log.hpp"
#include "runtime/runtime.hpp"
#include "runtime/wall_clock.hpp"

namespace lockstep::app {
namespace {

void warn_of_outsider(const std::vector<settings::Protocol>& protocols, const Address& self) {
  for (const auto& protocol : protocols) {
    const auto& members = protocol.operators.addresses;
    if (std::ranges::find(members, self) != members.end()) continue;
    runtime::log::warn("app", "operator.signer is not in the operator set: only observing this protocol",
                       {{"signer", to_hex(self)}, {"protocol", protocol.name}});
  }
}

/// Can anybody have the lock of the journal's directory? Nobody keeps it after this.
bool lock_is_free(const std::filesystem::path& directory) {
  return journal::FileLock::take(directory / "lock", "data directory").has_value();
}

/// Whoever reads a report would have a person asked for a signature.
bool asks_a_person(const settings::Config& config) {
  const auto signer = std::ranges::find(config.signers, config.operator_signer, &settings::SignerConfig::id);
  return signer != config.signers.end() && signer->type == "jsonrpc";
}

Hash32 domain_of(const coordinator::Plan& plan) {
  const auto& home = plan.instances[plan.home];
  return crypto::domain_separator(home.chain_id, home.gate);
}

}  // namespace

/// In the order they are made; destroyed in reverse.
struct Daemon::Parts {
  settings::Config config;
  std::vector<settings::Protocol> protocols;
  std::unique_ptr<journal::SqliteJournal> journal;
  std::unique_ptr<journal::Guard> guard;
  std::unique_ptr<ports::Signer> signer;
  journal::GuardedSigner* guarded = nullptr;  // signer, while it may sign
  std::map<std::string, std::unique_ptr<evm::EvmChain>> chains;
  std::vector<ports::KeyPtr> opened_keys;  // every one that was opened
  std::unique_ptr<ports::Peers> peers;
  std::unique_ptr<IdempotencyStore> answers;
  std::unique_ptr<Reloader> reloader;
  std::unique_ptr<PlanDesk> desk;
  std::unique_ptr<MirrorKeeper> mirrors;
  std::unique_ptr<ReportDesk> reports;
  std::unique_ptr<notify::Notifier> notifier;
  std::unique_ptr<runtime::Runtime> runtime;
  std::optional<runtime::Publisher::Subscription> told;  // of the notifier; ends before the runtime does
  std::unique_ptr<ApiKeeper> api;
  bool upgrading = false;  // the journal knows a plan that has not ended

  std::expected<void, Ended> open_journal();
  std::expected<void, Ended> open_signer(Keys& keys);
  std::expected<void, Ended> open_chains(Keys& keys);
  std::expected<void, Ended> open_peers();
  void open_notifier();
  Result<std::unique_ptr<Api>> open_api();
  Result<void> recovered(const coordinator::State& state);
  runtime::Parts for_runtime();
};

/// Exit 74 if there was a journal and nobody else has it, so that its content is what cannot be trusted; else 73.
std::expected<void, Ended> Daemon::Parts::open_journal() {
  journal::JournalOptions options;
  options.file = config.store_url.substr(std::string_view("sqlite://").size());
  options.reserve_bytes = config.reserve_mib << 20;
  std::error_code unknown;
  const bool existed = std::filesystem::exists(options.file, unknown);
  auto opened = journal::SqliteJournal::open(options);
  if (!opened) {
    const bool bad = existed && lock_is_free(options.file.parent_path());
    return refuse(bad ? Exit::io : Exit::cannot_create, opened.error());
  }
  journal = std::move(*opened);
  if (!journal->warning().empty())
    runtime::log::warn("app", "the data directory is doubtful", {{"err", journal->warning()}});
  return {};
}

/// A guard that does not belong to its journal means quarantine: everything is observed, nothing is signed.
std::expected<void, Ended> Daemon::Parts::open_signer(Keys& keys) {
  auto key = keys.load(config.operator_signer);
  if (!key) return std::unexpected(key.error());
  if (!*key) {
    reports = std::make_unique<ReportDesk>(*journal, nullptr);
    return {};
  }
  const auto address = (*key)->address();
  reports = std::make_unique<ReportDesk>(*journal, asks_a_person(config) ? nullptr : *key);
  auto opened = journal::Guard::open({config.data_dir / "guard.db", ""}, *journal);
  if (!opened) {
    runtime::log::error("app", "the signing guard refuses: observing only", {{"err", opened.error().text()}});
    reports->distrust();
    signer = std::make_unique<journal::QuarantinedSigner>(address, opened.error());
    return {};
  }
  guard = std::move(*opened);
  auto made = std::make_unique<journal::GuardedSigner>(*key, *guard, [this] { return journal->last_seq(); });
  guarded = made.get();
  signer = std::move(made);
  return {};
}

std::expected<void, Ended> Daemon::Parts::open_chains(Keys& keys) {
  for (const auto& chain : config.chains) {
    auto made = make_chain(config, chain, protocols, keys);
    if (!made) return std::unexpected(made.error());
    chains.emplace(chain.id, std::move(*made));
  }
  return {};
}

std::expected<void, Ended> Daemon::Parts::open_peers() {
  auto resolved = resolve_peers(config);
  if (!resolved) return std::unexpected(resolved.error());
  const auto self = signer ? std::optional(signer->address()) : std::nullopt;
  const auto notices = check_peers(config, protocols, self);
  if (!notices) return std::unexpected(notices.error());
  for (const auto& notice : *notices) runtime::log::warn("app", "configuration notice", {{"err", notice.text()}});
  if (!resolved->empty()) peers = peers::make_peers(std::move(*resolved));
  return {};
}

/// A sink that cannot be used must not keep the daemon from starting in the middle of an upgrade; --check refuses it.
void Daemon::Parts::open_notifier() {
  std::vector<notify::Sink> sinks;
  for (const auto& one : reloader->outlets().sinks) {
    auto sink = notify::make_sink(one);
    if (sink) {
      sinks.push_back(std::move(*sink));
    } else {
      runtime::log::error("app", "a notify sink cannot be used and is left out", {{"err", sink.error().text()}});
    }
  }
  if (!sinks.empty())
    notifier = std::make_unique<notify::Notifier>(std::move(sinks), config.service_name, config.data_dir / "notify");
}

Result<std::unique_ptr<Api>> Daemon::Parts::open_api() {
  const ApiExtras extras{notifier.get(), reloader.get(), answers.get()};
  return serve(reloader->config(), reloader->outlets(), *runtime, *desk, *reports, extras);
}

/// Before anything acts on what the journal says: documents are bound again, and the guard must know all that was
/// signed (F3).
Result<void> Daemon::Parts::recovered(const coordinator::State& state) {
  upgrading = std::ranges::any_of(state.plans, [](const auto& plan) { return !coordinator::ended(plan.second.stage); });
  if (auto bound = desk->restore(state); !bound) return bound;
  if (!guarded) return {};
  if (auto covered = guard->covers(state, guarded->address()); !covered) {
    runtime::log::error("app", "the signing guard knows less than the journal: observing only",
                        {{"err", covered.error().text()}});
    guarded->quarantine(covered.error());
    reports->distrust();
  }
  return {};
}

runtime::Parts Daemon::Parts::for_runtime() {
  runtime::Parts made;
  made.journal = journal.get();
  made.signer = signer.get();
  made.peers = peers.get();
  for (const auto& [id, chain] : chains) made.chains.emplace(id, chain.get());
  made.deltas = [this](const Hash32& plan, coordinator::InstanceIndex instance) {
    return desk->deltas(plan, instance);
  };
  if (mirrors) {
    made.keep_mirror = [this](mirror::Mirror mirror, const std::string& protocol, const std::string& chain,
                              const coordinator::BlockRef& block, const char* moment) {
      mirrors->keep(std::move(mirror), {protocol + ":" + chain, block.num, block.hash, block.time}, moment);
    };
  }
  made.domain = domain_of;
  made.wall_ms = runtime::wall_ms;
  made.audit = {config.audit_every_s * 1000, config.audit_sample};
  if (notifier) made.on_alarm = [this](const view::Alarm& alarm) { notifier->alarm(alarm); };
  made.on_recovered = [this](const coordinator::State& state) { return recovered(state); };
  return made;
}

std::expected<void, Ended> check(const settings::Settings& settings) {
  const auto& config = settings.loaded.config;
  const auto protocols = load_protocols(config);
  if (!protocols) return std::unexpected(protocols.error());
  Keys keys(config);
  for (const auto& chain : config.chains) {
    if (auto endpoints = resolve_endpoints(chain); !endpoints) return std::unexpected(endpoints.error());
    if (auto key = keys.load(chain.signer); !key) return std::unexpected(key.error());
  }
  auto key = keys.load(config.operator_signer);
  if (!key) return std::unexpected(key.error());
  if (auto sinks = resolve_sinks(settings.outlets); !sinks) return std::unexpected(sinks.error());
  if (auto resolved = resolve_peers(config); !resolved) return std::unexpected(resolved.error());
  const auto self = *key ? std::optional((*key)->address()) : std::nullopt;
  const auto notices = check_peers(config, *protocols, self);
  if (!notices) return std::unexpected(notices.error());
  for (const auto& notice : *notices) runtime::log::warn("app", "configuration notice", {{"err", notice.text()}});
  return {};
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Daemon::~Daemon() { stop(); }

std::expected<std::unique_ptr<Daemon>, Ended> Daemon::build(const settings::Settings& settings,
                                                            const std::vector<std::filesystem::path>& files) {
  const auto& config = settings.loaded.config;
  auto protocols = load_protocols(config);
  if (!protocols) return std::unexpected(protocols.error());
  auto parts = std::make_unique<Parts>();
  parts->config = config;
  parts->reloader = std::make_unique<Reloader>(files, settings);
  parts->protocols = std::move(*protocols);
  if (auto opened = parts->open_journal(); !opened) return std::unexpected(opened.error());
  Keys keys(config);
  if (auto opened = parts->open_signer(keys); !opened) return std::unexpected(opened.error());
  if (auto opened = parts->open_chains(keys); !opened) return std::unexpected(opened.error());
  if (auto opened = parts->open_peers(); !opened) return std::unexpected(opened.error());
  parts->opened_keys = keys.opened();

  std::map<std::string, evm::EvmChain*> chains;
  for (const auto& [id, chain] : parts->chains) chains.emplace(id, chain.get());
  const auto self = parts->signer ? std::optional(parts->signer->address()) : std::nullopt;
  if (self) warn_of_outsider(parts->protocols, *self);
  parts->desk = std::make_unique<PlanDesk>(PlanCompiler(config, parts->protocols, self),
                                           PlanStore(config.data_dir / "plans"), std::move(chains));
  if (config.keep_mirrors > 0)
    parts->mirrors = std::make_unique<MirrorKeeper>(config.data_dir / "mirrors", config.keep_mirrors);
  parts->open_notifier();
  parts->answers = std::make_unique<IdempotencyStore>(config.data_dir / "idempotency.json");
  const runtime::Identity identity{config.service_name, version, assurance(config, parts->protocols)};
  parts->runtime = std::make_unique<runtime::Runtime>(parts->for_runtime(), identity);
  if (parts->notifier) {
    const auto tell = [notifier = parts->notifier.get()](const view::SnapshotPtr& snapshot) {
      notifier->news(snapshot);
    };
    parts->told.emplace(parts->runtime->publisher().subscribe(tell));
  }
  return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

void Daemon::reload() {
  const auto changed = parts_->reloader->reload();
  if (changed) {
    std::string keys;
    for (const auto& key : *changed) keys += (keys.empty() ? "" : ", ") + key;
    runtime::log::info("app", "configuration read again", {{"event", keys.empty() ? "nothing changed" : keys}});
    return;
  }
  for (const auto& error : changed.error())
    runtime::log::error("app", "configuration not taken over", {{"err", error.text()}});
}

Ended Daemon::run() {
  if (auto going = parts_->runtime->start(); !going)
    return {static_cast<Exit>(going.error().exit_code), {going.error().error}};
  parts_->api = std::make_unique<ApiKeeper>([this] { return parts_->open_api(); });
  parts_->reloader->on_change([this](const Admission& now) { parts_->api->admit(now); });
  if (auto opened = parts_->api->start(parts_->upgrading); !opened) {
    stop();
    return {Exit::cannot_create, {opened.error()}};
  }
  runtime::log::info("app", "lockstepd is up", {{"instance", parts_->config.service_name}});
  const auto exit_code = [&] {
    // The writer thread answers between two steps; whether there is anything to read does not matter.
    const ServiceManager manager([this] { return parts_->runtime->read_journal(0, 1).has_value(); });
    return parts_->runtime->wait();
  }();
  Ended ended{static_cast<Exit>(exit_code), {}};
  if (const auto failure = parts_->runtime->failure()) ended.errors.push_back(*failure);
  parts_->reloader->on_change({});
  for (const auto& key : parts_->opened_keys) key->give_up();  // a report may wait for one
  parts_->api.reset();
  stop();
  return ended;
}

void Daemon::stop() {
  for (const auto& key : parts_->opened_keys) key->give_up();  // whoever keeps it may be waited for
  parts_->runtime->stop();
}

}  // namespace lockstep::app
