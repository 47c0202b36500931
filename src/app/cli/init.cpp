#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "adapters/evm/compile_check.hpp"
#include "app/cli/operating.hpp"
#include "app/cli/starter_config.hpp"
#include "files/durable.hpp"
#include "settings/check.hpp"
#include "settings/protocol.hpp"

// A first configuration from what the chains answer. Writes everything or nothing that was there before.
namespace lockstep::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint32_t default_timeout_ms = 10'000;

struct InitArguments {
  std::vector<std::string> chains;
  std::string protocol, out;
};

/// One --chain: NAME=URL, NAME=env:VARIABLE or NAME=file:/path. The last two are never read into the config.
struct Given {
  std::string chain, toml;  // toml empty: the URL is secret and goes into a file
  settings::Secret url;
};

/// Nothing but scheme, host and port: nobody's key.
bool plain(const std::string& url) {
  const auto authority = url.find("://") + 3;
  const auto end = url.find_first_of("/?#", authority);
  return end == std::string::npos || (url[end] == '/' && end + 1 == url.size());
}

bool good_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

Result<Given> parse_chain(const std::string& argument) {
  const auto equals = argument.find('=');
  Given given{argument.substr(0, std::min(equals, argument.size())), {}, {}};
  if (equals == std::string::npos || !good_name(given.chain)) {
    return fail("--chain must be NAME=URL", "--chain", "a name has letters, digits, - and _",
                "write it as --chain ethereum=https://… or --chain ethereum=env:ETH_URL");
  }
  const auto value = argument.substr(equals + 1);
  const auto reference = [&](settings::SecretSource source, const char* key, const std::string& name) -> Result<Given> {
    auto url = settings::resolve({source, name, "--chain " + given.chain});
    if (!url) return std::unexpected(url.error());
    given.url = std::move(*url);
    given.toml = fmt::format("{{ {} = {} }}", key, toml_text(name));
    return given;
  };
  Result<Given> made = given;
  if (value.starts_with("env:")) {
    made = reference(settings::SecretSource::env, "env", value.substr(4));
  } else if (value.starts_with("file:")) {
    made = reference(settings::SecretSource::file, "file", fs::absolute(value.substr(5)).string());
  } else {
    made->url = settings::Secret{value};
    if (plain(value)) made->toml = toml_text(value);
  }
  if (!made) return made;
  if (auto checked = settings::check_url(made->url.reveal(), false); !checked)
    return fail(checked.error().what, "--chain " + given.chain, checked.error().why, checked.error().next);
  return made;
}

struct Places {
  fs::path out, data_dir, socket;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

/// Without --out: where lockstep looks for a configuration; then data and socket are where SURFACE has them.
Places places(const std::string& out) {
  if (!out.empty()) {
    const auto folder = fs::absolute(out).lexically_normal();
    return {folder, folder / "data", folder / "admin.sock"};
  }
  if (::geteuid() == 0) return {"/etc/lockstep", "/var/lib/lockstep", "/run/lockstep/admin.sock"};
  const fs::path home = variable("HOME");
  const auto config = variable("XDG_CONFIG_HOME"), state = variable("XDG_STATE_HOME"),
             run = variable("XDG_RUNTIME_DIR");
  const auto data = (state.empty() ? home / ".local/state" : fs::path{state}) / "lockstep";
  return {(config.empty() ? home / ".config" : fs::path{config}) / "lockstep", data,
          (run.empty() ? data : fs::path{run} / "lockstep") / "admin.sock"};
}

class Init {
 public:
  Init(Session& session, const InitArguments& args) : session_(session), args_(args), places_(places(args.out)) {}

  Exit run() {
    if (args_.chains.empty() && args_.protocol.empty())
      return session_.fail({"no chain is named", "--chain", {}, "lockstep init --chain NAME=URL, once per endpoint"},
                           Exit::usage);
    std::error_code ignored;
    if (fs::exists(config_file(), ignored))
      return session_.fail({config_file().string() + " exists",
                            {},
                            "nothing is overwritten",
                            "choose another folder with --out, or move it away"},
                           Exit::cannot_create);
    for (const auto step : {&Init::read_arguments, &Init::read_protocol, &Init::ask, &Init::compare, &Init::write}) {
      if (const auto done = (this->*step)(); done != Exit::ok) return done;
    }
    return report();
  }

 private:
  fs::path config_file() const { return places_.out / "config.toml"; }

  Exit read_arguments() {
    for (const auto& argument : args_.chains) {
      auto given = parse_chain(argument);
      if (!given) return session_.fail(given.error(), Exit::usage);
      const auto known = std::ranges::find(order_, given->chain);
      if (known == order_.end()) order_.push_back(given->chain);
      given_.push_back(std::move(*given));
    }
    return Exit::ok;
  }

  Exit read_protocol() {
    if (args_.protocol.empty()) return Exit::ok;
    std::error_code ignored;
    if (!fs::exists(args_.protocol, ignored))
      return session_.fail({"protocol file " + args_.protocol + " does not exist", "--protocol", {}, {}},
                           Exit::file_missing);
    auto protocol = settings::load_protocol(args_.protocol);
    if (!protocol) return session_.fail(protocol.error(), Exit::bad_document);
    if (const auto errors = evm::check_protocol(*protocol); !errors.empty())
      return session_.fail(errors, Exit::bad_document);
    for (const auto& instance : protocol->instances) {
      if (std::ranges::find(order_, instance.chain) != order_.end()) continue;
      return session_.fail({"protocol " + protocol->name + " has an instance on chain \"" + instance.chain + "\"",
                            args_.protocol, "no --chain has this name", "add --chain " + instance.chain + "=URL"},
                           Exit::usage);
    }
    protocol_ = std::move(*protocol);
    return Exit::ok;
  }

  /// All endpoints at the same time.
  Exit ask() {
    Exit failed{};
    const auto timeout = session_.timeout_s(default_timeout_ms / 1000, failed);
    if (!timeout) return failed;
    session_.say(fmt::format("asking {} endpoints", given_.size()));
    std::vector<std::future<EndpointFacts>> asked;
    std::map<std::string, int> numbers;
    for (const auto& given : given_) {
      asked.push_back(std::async(std::launch::async, ask_endpoint, fmt::format("rpc-{}", ++numbers[given.chain]),
                                 given.url.reveal(), static_cast<std::uint32_t>(*timeout * 1000), FinalAs{}));
    }
    for (auto& answer : asked) facts_.push_back(answer.get());
    std::vector<Error> errors;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      if (facts_[i].usable()) continue;
      errors.push_back({fmt::format("endpoint {} of {} cannot be used", facts_[i].name, given_[i].chain),
                        "--chain " + given_[i].chain, facts_[i].error,
                        "check that the node runs, serves JSON-RPC over HTTP and that a batch is allowed"});
    }
    return errors.empty() ? Exit::ok : session_.fail(errors, Exit::unreachable);
  }

  /// Endpoints of one name are of one chain, and chains of two names are two chains.
  Exit compare() {
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const bool same_name = given_[i].chain == given_[j].chain;
        const bool same_chain = facts_[i].chain_id == facts_[j].chain_id && facts_[i].anchor == facts_[j].anchor;
        if (same_name == same_chain) continue;
        if (!same_name && facts_[i].chain_id != facts_[j].chain_id) continue;
        return session_.fail({same_name ? fmt::format("{} and {} of {} are of different chains", facts_[j].name,
                                                      facts_[i].name, given_[i].chain)
                                        : fmt::format("{} and {} are the same chain", given_[j].chain, given_[i].chain),
                              "--chain " + given_[i].chain,
                              fmt::format("chain ids {} and {}, block 0 {} and {}", facts_[j].chain_id,
                                          facts_[i].chain_id, to_hex(facts_[j].anchor), to_hex(facts_[i].anchor)),
                              "check the URLs"},
                             Exit::usage);
      }
    }
    return Exit::ok;
  }

  Exit create(const fs::path& file, const std::string& text, files::Access access) {
    const files::How how{.access = access, .existing = files::Existing::refuse};
    if (auto written = files::write_durably(file, text, how); !written)
      return session_.fail(written.error(), Exit::cannot_create);
    written_.push_back(file.string());
    return Exit::ok;
  }

  Exit folder(const fs::path& path, fs::perms perms) {
    std::error_code error;
    const bool fresh = fs::create_directories(path, error);
    if (!error && fresh) fs::permissions(path, perms, error);
    if (error)
      return session_.fail({"cannot create " + path.string(), {}, error.message(), "choose another folder with --out"},
                           Exit::cannot_create);
    return Exit::ok;
  }

  Starter starter(std::vector<std::pair<fs::path, settings::Secret>>& secrets) const {
    char host[256] = {};
    const bool named = ::gethostname(host, sizeof host - 1) == 0 && host[0] != '\0';
    Starter made{named ? std::string{host}.substr(0, 64) : "lockstep",
                 places_.data_dir,
                 places_.socket,
                 places_.out / "secrets",
                 {}};
    for (const auto& name : order_) {
      StarterChain chain{name, {}, 0};
      if (protocol_) {
        for (const auto& instance : protocol_->instances) {
          if (instance.chain == name) chain.logs_from = instance.deployed_at;
        }
      }
      for (std::size_t i = 0; i < given_.size(); ++i) {
        if (given_[i].chain != name) continue;
        auto toml = given_[i].toml;
        if (toml.empty()) {
          const auto file = made.secrets / fmt::format("{}_{}_url", name, facts_[i].name);
          secrets.emplace_back(file, given_[i].url);
          toml = fmt::format("{{ file = {} }}", toml_text(file.string()));
        }
        chain.endpoints.push_back({facts_[i], toml});
      }
      made.chains.push_back(std::move(chain));
    }
    return made;
  }

  Exit write() {
    using fs::perms;
    std::vector<std::pair<fs::path, settings::Secret>> secrets;
    starter_ = starter(secrets);
    std::vector<fs::path> targets{config_file()};
    for (const auto& [file, secret] : secrets) targets.push_back(file);
    const auto protocol_file = places_.out / "protocols" / (protocol_ ? protocol_->name + ".toml" : "");
    if (protocol_) targets.push_back(protocol_file);
    std::error_code ignored;
    for (const auto& target : targets) {
      if (fs::exists(target, ignored))
        return session_.fail({target.string() + " exists", {}, "nothing is overwritten", "choose another --out"},
                             Exit::cannot_create);
    }
    if (const auto done = folder(places_.out, perms::owner_all | perms::group_read | perms::group_exec);
        done != Exit::ok)
      return done;
    if (const auto done = folder(places_.out / "secrets", perms::owner_all); done != Exit::ok) return done;
    if (const auto done = folder(places_.out / "protocols", perms::owner_all | perms::group_read | perms::group_exec);
        done != Exit::ok)
      return done;
    for (const auto& [file, secret] : secrets) {
      if (const auto done = create(file, secret.reveal() + "\n", files::Access::owner); done != Exit::ok) return done;
    }
    if (protocol_) {
      const auto text = settings::read_text(args_.protocol);
      if (!text) return session_.fail(text.error(), Exit::io);
      if (const auto done = create(protocol_file, *text, files::Access::group_reads); done != Exit::ok) return done;
    }
    // Last: a folder with a config.toml is one that init went through with.
    if (const auto done = create(config_file(), starter_toml(*starter_), files::Access::group_reads); done != Exit::ok)
      return done;
    const auto loaded = settings::load_config({config_file()});
    return loaded ? Exit::ok : session_.fail(loaded.error(), Exit::bug);
  }

  Exit report() {
    json chains = json::array();
    std::string text;
    for (const auto& chain : starter_->chains) {
      json endpoints = json::array();
      for (const auto& endpoint : chain.endpoints) endpoints.push_back(to_json(endpoint.facts));
      const auto finality = choose_finality(chain);
      const auto& first = chain.endpoints.front().facts;
      chains.push_back({{"id", chain.id},
                        {"chain_id", first.chain_id},
                        {"finality", finality.toml},
                        {"finality_why", finality.why},
                        {"rpc_quorum", majority(chain.endpoints.size())},
                        {"endpoints", endpoints}});
      text += fmt::format("{:<14} chain id {}, head {}, finality {}: {}\n", chain.id, first.chain_id,
                          first.latest.block->num, finality.toml, finality.why);
    }
    for (const auto& file : written_) text += file + "\n";
    const auto named = args_.out.empty() ? std::string{} : " -c " + config_file().string();
    const std::vector<std::string> next{"lockstep doctor" + named,
                                        "lockstep key new " + (places_.out / "secrets/hot-1.json").string(),
                                        "lockstepd --config " + config_file().string()};
    for (const auto& command : next) session_.say("next: " + command);
    return session_.result({{"schema", "lockstep.init/1"}, {"chains", chains}, {"files", written_}, {"next", next}},
                           text);
  }

  Session& session_;
  const InitArguments& args_;
  Places places_;
  std::vector<std::string> order_;  // chains as they were first named
  std::vector<Given> given_;
  std::vector<EndpointFacts> facts_;  // as given_
  std::optional<settings::Protocol> protocol_;
  std::optional<Starter> starter_;
  std::vector<std::string> written_;
};

}  // namespace

void add_init(CLI::App& app, Session& session, Verb& verb) {
  const auto args = std::make_shared<InitArguments>();
  auto* sub = app.add_subcommand("init", "a first configuration from what the chains answer")->fallthrough();
  sub->add_option("--chain", args->chains,
                  "NAME=URL, NAME=env:VARIABLE or NAME=file:/path; once per endpoint, the same NAME for several")
      ->allow_extra_args(false);
  sub->add_option("--protocol", args->protocol, "the protocol team's file");
  sub->add_option("--out", args->out, "folder; default: where lockstep looks for its configuration");
  sub->callback([&session, &verb, args] { verb = [&session, args] { return Init(session, *args).run(); }; });
}

}  // namespace lockstep::app
