#include <sys/stat.h>

#include <algorithm>

#include "settings/outlets.hpp"
#include "settings/peer_check.hpp"
#include "tests/unit/settings/bad.hpp"

namespace lockstep::settings::test {
namespace {

/// config.toml exactly as SURFACE shows it, with an address where it has an ellipsis.
constexpr const char* surface = R"(# config.toml: the operator
version = 1
[service]
name = "ops-eu-1"
data_dir = "/var/lib/lockstep"
log = { level = "info", format = "auto" }          # auto | text | json | journald
[api]
listen  = "127.0.0.1:8780"                         # read API, SSE, dashboard
admin   = "unix:/run/lockstep/admin.sock"          # the only door for changes; peer uid checked
metrics = "127.0.0.1:9780"
[store]
url = "sqlite:///var/lib/lockstep/journal.db"      # or postgresql://…
[[chain]]
id = "ethereum"
adapter = "evm"
chain_id = 1
finality = "finalized"                             # latest | safe | finalized | { confirmations = 64 }
rpc_quorum = 2
signer = "hot-1"
[[chain.rpc]]
name = "own-geth"
url = "http://10.0.0.5:8545"
ws  = "ws://10.0.0.5:8546"                         # optional: push instead of poll
[[chain.rpc]]
name = "vendor-a"
url = { file = "/etc/lockstep/secrets/eth_vendor_a_url" }
[[signer]]
id = "hot-1"
type = "keystore"                                  # keystore | web3signer | jsonrpc
path = "/etc/lockstep/secrets/hot-1.json"
passphrase = { credential = "keystore_passphrase" }
[operator]
signer = "hot-1"                                   # attests; absent = observe only
[[peer]]
address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
url = "https://ops-us-1.example:8780"
[[notify]]
id = "oncall"
type = "pagerduty"                                 # slack | discord | email | pagerduty | webhook
routing_key = { file = "/etc/lockstep/secrets/pd_key" }
)";

std::string refusals(const std::string& text) {
  const Folder folder;
  const auto loaded = load_config({folder.put("config.toml", text)});
  return loaded ? "" : text_of(loaded.error(), folder.path());
}

std::string origin_of(const Loaded& loaded, const std::string& key) {
  const auto it =
      std::find_if(loaded.origins.begin(), loaded.origins.end(), [&](const Origin& o) { return o.key == key; });
  return it == loaded.origins.end() ? "absent" : it->value + " from " + it->where;
}

TEST(Config, SurfaceParsesAsWritten) {
  const Folder folder;
  const auto settings = load_settings({folder.put("config.toml", surface)});
  ASSERT_TRUE(settings) << text_of(settings.error());
  const auto& c = settings->loaded.config;
  EXPECT_EQ(c.service_name, "ops-eu-1");
  EXPECT_EQ(c.store_url, "sqlite:///var/lib/lockstep/journal.db");
  ASSERT_EQ(c.chains.size(), 1u);
  EXPECT_EQ(c.chains[0].rpc_quorum, 2u);
  EXPECT_EQ(c.chains[0].finality, FinalityTag::finalized);
  ASSERT_EQ(c.chains[0].rpc.size(), 2u);
  EXPECT_EQ(c.chains[0].rpc[0].url.source, SecretSource::literal);
  EXPECT_EQ(c.chains[0].rpc[0].ws->name, "ws://10.0.0.5:8546");
  EXPECT_EQ(c.chains[0].rpc[1].url.source, SecretSource::file);
  EXPECT_EQ(c.signers[0].passphrase.source, SecretSource::credential);
  EXPECT_EQ(c.operator_signer, "hot-1");
  EXPECT_EQ(to_hex(c.peers[0].address), "0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
  EXPECT_EQ(c.peers[0].url.name, "https://ops-us-1.example:8780");
  EXPECT_EQ(settings->outlets.sinks[0].routing_key.name, "/etc/lockstep/secrets/pd_key");
  EXPECT_TRUE(settings->loaded.notices.empty());
}

TEST(Config, ExampleParses) {
  const auto loaded = load_config({source_dir + "/config/config.toml"});
  ASSERT_TRUE(loaded) << text_of(loaded.error());
  EXPECT_EQ(loaded->config.protocol_files.size(), 4u);
}

TEST(Config, APeersUrlMayBeASecretAndIsNotShown) {
  const Folder folder;
  std::string text = surface;
  const std::string url = "\"https://ops-us-1.example:8780\"";
  text.replace(text.find(url), url.size(), "{ file = \"/etc/lockstep/secrets/ops-us-1\" }");
  const auto secret = load_config({folder.put("config.toml", text)});
  ASSERT_TRUE(secret) << text_of(secret.error());
  EXPECT_EQ(secret->config.peers[0].url.source, SecretSource::file);
  const auto plain = load_config({folder.put("config.toml", surface)});
  ASSERT_TRUE(plain) << text_of(plain.error());
  EXPECT_EQ(origin_of(*plain, "peer[0].url").substr(0, 18), "\"(not shown)\" from");
}

TEST(Config, PeersAreHeldAgainstTheOperatorSets) {
  Protocol protocol;
  protocol.name = "acme-perps";
  Config config;
  std::vector<Address> members(4);
  for (std::size_t i = 0; i < members.size(); ++i) members[i].bytes[0] = static_cast<std::uint8_t>(i + 1);
  protocol.operators.addresses = members;
  protocol.operators.threshold = 3;
  const auto notices = [&](const std::optional<Address>& self) {
    std::string text;
    for (const auto& notice : peer_notices(config, {protocol}, self)) text += notice.what + "\n";
    return text;
  };
  EXPECT_EQ(notices(members[0]), "protocol acme-perps needs 3 operators and we reach 1, ourselves included\n");
  EXPECT_EQ(notices(std::nullopt), "protocol acme-perps needs 3 operators and we reach 0, ourselves included\n");
  config.operator_signer = "hot-1";
  EXPECT_EQ(notices(std::nullopt), "protocol acme-perps needs 3 operators and we reach 1, ourselves included\n");
  config.peers = {{members[1], {}}, {members[2], {}}};
  EXPECT_EQ(notices(members[0]), "");
  Address stranger;
  stranger.bytes[19] = 9;
  config.peers.push_back({stranger, {}});
  EXPECT_EQ(notices(members[0]), "peer " + to_hex(stranger) + " is in no protocol's operator set\n");
  EXPECT_NE(notices(stranger).find("we reach 2"), std::string::npos) << "an outsider does not count itself";
}

TEST(Config, DefaultsAndOrigins) {
  const Folder folder;
  const auto loaded = load_config({folder.put(
      "config.toml",
      "version = 1\n[service]\ndata_dir = \"/d\"\n[[chain]]\nid = \"a\"\nchain_id = 7\n"
      "finality = { confirmations = 3 }\n[[chain.rpc]]\nname = \"n\"\nurl = \"http://user-host/secret\"\n")});
  ASSERT_TRUE(loaded) << text_of(loaded.error());
  EXPECT_EQ(loaded->config.store_url, "sqlite:///d/journal.db");
  EXPECT_EQ(loaded->config.chains[0].confirmations, 3u);
  EXPECT_EQ(loaded->config.chains[0].finality, FinalityTag::confirmations);
  EXPECT_EQ(loaded->config.chains[0].max_fee_gwei, 500u);
  EXPECT_EQ(origin_of(*loaded, "api.listen"), "\"127.0.0.1:8780\" from default");
  EXPECT_EQ(origin_of(*loaded, "service.data_dir"),
            "\"/d\" from " + (folder.path() / "config.toml").string() + ":3:12");
  EXPECT_EQ(origin_of(*loaded, "chain[0].rpc[0].url").substr(0, 18), "\"(not shown)\" from");
}

TEST(Config, LaterFilesAndTheEnvironmentWin) {
  const Folder folder;
  const auto main = folder.put("config.toml", surface);
  folder.put("conf.d/10-name.toml", "[service]\nname = \"ten\"\n[api]\nlisten = \"127.0.0.1:1\"\n");
  folder.put("conf.d/20-chain.toml",
             "[service]\nname = \"twenty\"\n[[chain]]\nid = \"base\"\nchain_id = 8453\n[[chain.rpc]]\nname = "
             "\"x\"\nurl = \"http://x\"\n");
  const auto extra = folder.put(
      "extra.toml",
      "[[chain]]\nid = \"ethereum\"\nchain_id = 11155111\n[[chain.rpc]]\nname = \"y\"\nurl = \"http://y\"\n");
  ::setenv("LOCKSTEP__API__BEHIND_PROXY", "true", 1);
  ::setenv("LOCKSTEP__SERVICE__LOG__LEVEL", "debug", 1);
  const auto loaded = load_config({main, extra});
  ::unsetenv("LOCKSTEP__API__BEHIND_PROXY");
  ::unsetenv("LOCKSTEP__SERVICE__LOG__LEVEL");
  ASSERT_TRUE(loaded) << text_of(loaded.error());
  const auto& c = loaded->config;
  EXPECT_EQ(c.service_name, "twenty");
  EXPECT_EQ(c.api_listen, "127.0.0.1:1");
  EXPECT_TRUE(c.behind_proxy);
  EXPECT_EQ(c.log_level, "debug");
  EXPECT_EQ(c.log_format, "auto");
  ASSERT_EQ(c.chains.size(), 2u);  // the same id replaces, another id is added
  EXPECT_EQ(c.chains[0].chain_id, 11155111u);
  EXPECT_EQ(c.chains[0].rpc.size(), 1u);
  EXPECT_EQ(c.chains[1].id, "base");
  EXPECT_EQ(origin_of(*loaded, "service.log.level"), "\"debug\" from env LOCKSTEP__SERVICE__LOG__LEVEL");
}

TEST(Config, UnknownOrMistypedVariablesAreErrors) {
  ::setenv("LOCKSTEP__API__LISTN", "x", 1);
  ::setenv("LOCKSTEP__CHAIN__ID", "x", 1);
  ::setenv("LOCKSTEP__STORE__RESERVE_MIB", "many", 1);
  const auto text = refusals(surface);
  for (const char* name : {"LOCKSTEP__API__LISTN", "LOCKSTEP__CHAIN__ID", "LOCKSTEP__STORE__RESERVE_MIB"})
    ::unsetenv(name);
  EXPECT_NE(text.find("environment variable LOCKSTEP__API__LISTN names no key that it could set (env "
                      "LOCKSTEP__API__LISTN). Next: did you mean \"api.listen\"?"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("environment variable LOCKSTEP__CHAIN__ID names no key that it could set"), std::string::npos)
      << text;
  EXPECT_NE(text.find("environment variable LOCKSTEP__STORE__RESERVE_MIB is not an integer"), std::string::npos)
      << text;
}

TEST(Config, RefusalsSayWhatWhereWhyNext) {
  expect_golden(
      "tests/golden/config_refusals.txt", surface,
      {{"not TOML", "version = 1", "version = = 1"},
       {"unknown key", "listen  =", "listn ="},
       {"unknown key deep", "name = \"own-geth\"", "nam = \"own-geth\""},
       {"wrong type", "chain_id = 1", "chain_id = \"one\""},
       {"out of limits", "chain_id = 1", "chain_id = 0"},
       {"wrong version", "version = 1", "version = 2"},
       {"missing version", "version = 1\n", "\n"},
       {"missing in a table of an array", "id = \"ethereum\"\n", ""},
       {"wrong choice", "level = \"info\"", "level = \"infos\""},
       {"literal passphrase", "{ credential = \"keystore_passphrase\" }", "\"hunter2\""},
       {"two sources", "{ credential = \"keystore_passphrase\" }", "{ env = \"A\", file = \"/b\" }"},
       {"unknown source", "{ credential = \"keystore_passphrase\" }", "{ vault = \"A\" }"},
       {"url scheme", "http://10.0.0.5:8545", "ftp://10.0.0.5"},
       {"url with password", "http://10.0.0.5:8545", "http://me:hunter2@10.0.0.5"},
       {"url without host", "http://10.0.0.5:8545", "http:///x"},
       {"quorum above endpoints", "rpc_quorum = 2", "rpc_quorum = 3"},
       {"quorum without majority", "rpc_quorum = 2", "rpc_quorum = 1"},
       {"signer unknown", "signer = \"hot-1\"\n[[chain.rpc]]", "signer = \"hot-2\"\n[[chain.rpc]]"},
       {"operator signer unknown", "[operator]\nsigner = \"hot-1\"", "[operator]\nsigner = \"cold\""},
       {"no endpoint",
        "[[chain.rpc]]\nname = \"own-geth\"\nurl = \"http://10.0.0.5:8545\"\nws  = \"ws://10.0.0.5:8546\"              "
        "           # optional: push instead of poll\n[[chain.rpc]]\nname = \"vendor-a\"\nurl = { file = "
        "\"/etc/lockstep/secrets/eth_vendor_a_url\" }\n",
        ""},
       {"endpoint twice", "vendor-a", "own-geth"},
       {"chain id twice", "[[signer]]",
        "[[chain]]\nid = \"other\"\nchain_id = 1\n[[chain.rpc]]\nname = \"z\"\nurl = \"http://z\"\n[[signer]]"},
       {"chain name twice", "[[signer]]",
        "[[chain]]\nid = \"ethereum\"\nchain_id = 2\n[[chain.rpc]]\nname = \"z\"\nurl = \"http://z\"\n[[signer]]"},
       {"listen is no address", "127.0.0.1:8780", "somewhere"},
       {"listen to everybody", "127.0.0.1:8780", "0.0.0.0:8780"},
       {"metrics to everybody", "127.0.0.1:9780", "[::]:9780"},
       {"same address twice", "127.0.0.1:9780", "127.0.0.1:8780"},
       {"admin over TCP", "unix:/run/lockstep/admin.sock", "127.0.0.1:9000"},
       {"postgresql", "sqlite:///var/lib/lockstep/journal.db", "postgresql://me:hunter2@db/lockstep"},
       {"peer address", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x70997970"},
       {"peer zero", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x0000000000000000000000000000000000000000"},
       {"peer url", "https://ops-us-1.example:8780", "ftp://ops-us-1.example"},
       {"peer url with a password", "https://ops-us-1.example:8780", "https://me:hunter2@ops-us-1.example"},
       {"peer url from nowhere", "\"https://ops-us-1.example:8780\"", "{ vault = \"x\" }"},
       {"peer twice", "[[notify]]",
        "[[peer]]\naddress = \"0x70997970C51812dc3A010C7d01b50e0d17dc79C8\"\nurl = \"https://other\"\n[[notify]]"},
       {"finality", "\"finalized\"", "\"final\""},
       {"finality count", "\"finalized\"", "{ confirmations = 0 }"},
       {"web3signer", "\"keystore\"", "\"web3signer\""},
       {"jsonrpc", "\"keystore\"", "\"jsonrpc\""},
       {"dialect of a file", "type = \"keystore\"", "type = \"keystore\"\ndialect = \"eth\"\ntimeout_s = 0"},
       {"all errors at once", "version = 1\n[service]\nname", "version = 9\n[service]\nnmae"}},
      refusals);
}

TEST(Config, RefusalsNeverQuoteASecret) {
  EXPECT_EQ(read_file("tests/golden/config_refusals.txt").find("hunter2"), std::string::npos);
}

TEST(Config, MissingFileIsAnError) {
  const auto loaded = load_config({"/nonexistent/config.toml"});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(text_of(loaded.error()), "cannot read /nonexistent/config.toml: No such file or directory\n");
}

TEST(Secret, FilesMustBePrivate) {
  const Folder folder;
  const auto file = folder.put("secret", "correct horse\n");
  ::chmod(file.c_str(), 0600);
  const SecretRef ref{SecretSource::file, file.string(), "config.toml:1:1"};
  EXPECT_EQ(resolve(ref).value().reveal(), "correct horse");
  for (const mode_t mode : {0640u, 0604u, 0620u, 0601u}) {
    ::chmod(file.c_str(), mode);
    const auto refused = resolve(ref);
    ASSERT_FALSE(refused) << mode;
    EXPECT_EQ(refused.error().what, "secret file " + file.string() + " can be read by others");
  }
}

TEST(Secret, ACredentialIsReadByWhomTheServiceManagerLets) {
  const Folder folder;
  const auto file = folder.put("secret", "correct horse\n");
  ::setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
  const SecretRef ref{SecretSource::credential, "secret", "config.toml:1:1"};
  ::chmod(file.c_str(), 0440);  // as systemd's access control lists show
  EXPECT_EQ(resolve(ref).value().reveal(), "correct horse");
  for (const mode_t mode : {0404u, 0420u, 0401u}) {
    ::chmod(file.c_str(), mode);
    EXPECT_FALSE(resolve(ref)) << mode;
  }
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(Secret, EmptyAndAbsentAreErrors) {
  const Folder folder;
  const auto file = folder.put("secret", "\n");
  ::chmod(file.c_str(), 0600);
  EXPECT_EQ(resolve({SecretSource::file, file.string(), {}}).error().what, "secret is empty");
  EXPECT_FALSE(resolve({SecretSource::file, "/nonexistent", {}}));
  EXPECT_EQ(resolve({SecretSource::env, "LOCKSTEP_TEST_ABSENT", {}}).error().what,
            "environment variable LOCKSTEP_TEST_ABSENT is not set");
  EXPECT_FALSE(resolve({}));
  ::setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
  EXPECT_EQ(resolve({SecretSource::credential, "../secret", {}}).error().what,
            "credential name ../secret holds a slash");
  EXPECT_EQ(resolve({SecretSource::credential, "secret", {}}).error().what, "secret is empty");
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

}  // namespace
}  // namespace lockstep::settings::test
