#include "settings/table.hpp"

#include <array>

namespace lockstep::settings {
namespace {

constexpr auto required = Need::required;
constexpr auto optional = Need::optional;
constexpr auto defaulted = Need::defaulted;
constexpr std::uint64_t day = 86400;
constexpr std::string_view action_classes = "DEPOSIT|WITHDRAW|ORACLE|CANCEL|REDUCE|TRADE|LIQUIDATE|FUNDING|ALL";

// clang-format off
constexpr std::array config_table{
    Rule{"version", Type::integer, required, "", 1, 1, "", "format of this file"},
    Rule{"service", Type::table},
    Rule{"service.name", Type::string, defaulted, "lockstep", 1, 64, "", "what this daemon is called in its own pages"},
    Rule{"service.data_dir", Type::string, defaulted, "/var/lib/lockstep", 1, 4096, "", "journal, guard, plans, backups"},
    Rule{"service.keep_mirrors", Type::integer, defaulted, "0", 0, 1000, "", "mirror snapshots kept of each instance, in data_dir/mirrors"},
    Rule{"service.log", Type::table},
    Rule{"service.log.level", Type::string, defaulted, "info", 0, 0, "trace|debug|info|warn|error", "least severe event written"},
    Rule{"service.log.format", Type::string, defaulted, "auto", 0, 0, "auto|text|json|journald", "auto: text on a terminal"},
    Rule{"api", Type::table},
    Rule{"api.listen", Type::string, defaulted, "127.0.0.1:8780", 1, 256, "", "read API, event stream, status page"},
    Rule{"api.admin", Type::string, defaulted, "unix:/run/lockstep/admin.sock", 1, 256, "", "the only door for changes"},
    Rule{"api.metrics", Type::string, defaulted, "127.0.0.1:9780", 1, 256, "", "Prometheus text"},
    Rule{"api.hosts", Type::strings, optional, "", 0, 0, "", "names besides this machine's that a request may give as Host"},
    Rule{"api.behind_proxy", Type::boolean, defaulted, "false", 0, 0, "", "a proxy in front does TLS and authentication"},
    Rule{"api.tls", Type::table},
    Rule{"api.tls.certificate", Type::string, optional, "", 1, 4096, "", "of api.listen: a PEM file, the certificate first, then those between it and its authority"},
    Rule{"api.tls.key", Type::secret, optional, "", 0, 0, "", "its key, PEM without passphrase"},
    Rule{"api.token", Type::tables},
    Rule{"api.token[].id", Type::string, required, "", 1, 64, "", "who it was given to"},
    Rule{"api.token[].sha256", Type::string, required, "", 64, 64, "", "of the token, 64 digits; lockstep token new makes both"},
    Rule{"api.token[].scopes", Type::strings, required, "", 0, 0, "read|submit|command|reload", "what its bearer may do through the read listener; every token reads"},
    Rule{"store", Type::table},
    Rule{"store.url", Type::string, optional, "", 1, 4096, "", "sqlite:///path; default journal.db in data_dir"},
    Rule{"store.reserve_mib", Type::integer, defaulted, "64", 0, 65536, "", "file given back when the disk is full"},
    Rule{"chain", Type::tables, required},
    Rule{"chain[].id", Type::string, required, "", 1, 64, "", "name used in protocol and plan files"},
    Rule{"chain[].adapter", Type::string, defaulted, "evm", 0, 0, "evm", "chain family"},
    Rule{"chain[].chain_id", Type::integer, required, "", 1, (std::uint64_t{1} << 53) - 1, "", "EIP-155; checked against every endpoint"},
    Rule{"chain[].finality", Type::finality, defaulted, "finalized", 0, 100000, "", "what counts as final"},
    Rule{"chain[].rpc_quorum", Type::integer, defaulted, "1", 1, 64, "", "K: equal answers needed"},
    Rule{"chain[].poll_ms", Type::integer, defaulted, "1000", 10, 600000, "", "how often the head is asked for"},
    Rule{"chain[].timeout_ms", Type::integer, defaulted, "5000", 100, 120000, "", "of one request"},
    Rule{"chain[].max_fee_gwei", Type::integer, defaulted, "500", 1, 1000000, "", "cap on maxFeePerGas"},
    Rule{"chain[].stuck_after_s", Type::integer, defaulted, "30", 1, 86400, "", "resubmit with higher fees after this"},
    Rule{"chain[].logs_from", Type::integer, defaulted, "0", 0, (std::uint64_t{1} << 53) - 1, "", "first block that can hold our events"},
    Rule{"chain[].logs_range", Type::integer, defaulted, "2000", 1, 1000000, "", "blocks read at once"},
    Rule{"chain[].receipts", Type::string, defaulted, "proved", 0, 0, "proved|agreed", "logs are proved by receiptsRoot; agreed: K equal answers, for chains whose receipts cannot be rebuilt"},
    Rule{"chain[].signer", Type::string, optional, "", 1, 64, "", "pays for transactions; absent: never submits"},
    Rule{"chain[].rpc", Type::tables, required},
    Rule{"chain[].rpc[].name", Type::string, required, "", 1, 64, "", "shown instead of the URL"},
    Rule{"chain[].rpc[].url", Type::secret_url, required},
    Rule{"chain[].rpc[].ws", Type::secret_url, optional, "", 0, 0, "ws", "push instead of poll"},
    Rule{"signer", Type::tables},
    Rule{"signer[].id", Type::string, required, "", 1, 64},
    Rule{"signer[].type", Type::string, defaulted, "keystore", 0, 0, "keystore", "where the key is"},
    Rule{"signer[].path", Type::string, required, "", 1, 4096, "", "keystore v3 file, 0600"},
    Rule{"signer[].passphrase", Type::secret, required},
    Rule{"operator", Type::table},
    Rule{"operator.signer", Type::string, optional, "", 1, 64, "", "attests; absent: observe only"},
    Rule{"peer", Type::tables},
    Rule{"peer[].address", Type::address, required},
    Rule{"peer[].url", Type::secret_url, required, "", 0, 0, "", "its read API, as its proxy shows it"},
    Rule{"notify", Type::tables},
    Rule{"notify[].id", Type::string, required, "", 1, 64},
    Rule{"notify[].type", Type::string, required, "", 0, 0, "slack|discord|email|pagerduty|webhook"},
    Rule{"notify[].least", Type::string, defaulted, "info", 0, 0, "info|warning|critical", "least severe message sent"},
    Rule{"notify[].url", Type::secret_url, optional, "", 0, 0, "notify", "https://…; email: smtp://host:port or smtps://…"},
    Rule{"notify[].routing_key", Type::secret, optional, "", 0, 0, "", "pagerduty"},
    Rule{"notify[].secret", Type::secret, optional, "", 0, 0, "", "webhook: HMAC-SHA256 key of its signature"},
    Rule{"notify[].from", Type::string, optional, "", 3, 254, "", "email"},
    Rule{"notify[].to", Type::strings, optional, "", 0, 0, "", "email"},
    Rule{"notify[].username", Type::string, optional, "", 1, 254, "", "email"},
    Rule{"notify[].password", Type::secret, optional, "", 0, 0, "", "email"},
};

// As adapters/evm/governance/registry.cpp has them; a test compares.
constexpr const char* timelock_kinds = "aave-executor|access-manager|axelar|compound|oz|rbac|safe|upgrade-executor";
constexpr const char* governor_kinds = "aave-payloads|access-manager|axelar|bravo|mcms|oz|oz-timelock|rbac|safe|zodiac-delay";

constexpr std::array protocol_table{
    Rule{"version", Type::integer, required, "", 1, 1},
    Rule{"name", Type::string, required, "", 1, 64},
    Rule{"home", Type::string, required, "", 1, 64, "", "the chain whose gate orders the decision"},
    Rule{"operators", Type::table, required},
    Rule{"operators.addresses", Type::addresses, required, "", 1, 32},
    Rule{"operators.threshold", Type::integer, required, "", 1, 32, "", "N: signatures that switch, vote NEW, release"},
    Rule{"operators.faulty", Type::integer, defaulted, "0", 0, 31, "", "f: f+1 signatures vote OLD early or halt"},
    Rule{"instance", Type::tables, required},
    Rule{"instance[].chain", Type::string, required, "", 1, 64},
    Rule{"instance[].gate", Type::address, required},
    Rule{"instance[].deployed_at", Type::integer, defaulted, "0", 0, (std::uint64_t{1} << 53) - 1, "", "block from which events are read"},
    Rule{"instance[].timelock", Type::table, required},
    Rule{"instance[].timelock.address", Type::address, required},
    Rule{"instance[].timelock.kind", Type::string, defaulted, "oz", 0, 0, timelock_kinds, "what runs gate.arm, docs/governance.md"},
    Rule{"instance[].governor", Type::table},
    Rule{"instance[].governor.address", Type::address, required},
    Rule{"instance[].governor.kind", Type::string, defaulted, "oz", 0, 0, governor_kinds, "what drives the timelock, docs/governance.md"},
    Rule{"instance[].contracts", Type::table, required},
    Rule{"instance[].contracts.*", Type::table},
    Rule{"instance[].contracts.*.address", Type::address, required},
    Rule{"instance[].contracts.*.abi", Type::string, optional, "", 1, 4096},
    Rule{"instance[].contracts.*.proxy", Type::string, defaulted, "none", 0, 0, "none|erc1967"},
    Rule{"mirror", Type::table},
    Rule{"mirror.event", Type::tables},
    Rule{"mirror.event[].contract", Type::string, optional, "", 1, 64},
    Rule{"mirror.event[].signature", Type::string, required, "", 1, 1024},
    Rule{"mirror.event[].op", Type::string, required, "", 1, 64},
    Rule{"mirror.event[].bind", Type::table, required},
    Rule{"mirror.event[].bind.*", Type::text},
    Rule{"mirror.view", Type::tables},
    Rule{"mirror.view[].contract", Type::string, optional, "", 1, 64},
    Rule{"mirror.view[].table", Type::string, required, "", 1, 64},
    Rule{"mirror.view[].signature", Type::string, required, "", 1, 1024},
    Rule{"mirror.view[].bind", Type::table, required},
    Rule{"mirror.view[].bind.*", Type::text},
};

constexpr std::array plan_table{
    Rule{"version", Type::integer, required, "", 1, 1},
    Rule{"protocol", Type::string, required, "", 1, 64},
    Rule{"epoch", Type::integer, required, "", 1, (std::uint64_t{1} << 53) - 1, "", "one more than the last epoch of every gate"},
    Rule{"name", Type::string, required, "", 1, 64},
    Rule{"kind", Type::string, defaulted, "protocol", 0, 0, "protocol|network", "network: the base layer of one chain changes, which the plan observes"},
    Rule{"unchanged", Type::strings, optional, "", 0, 0, "", "chains that are halted and released with the others, but not upgraded"},
    Rule{"network", Type::table},
    Rule{"network.chain", Type::string, required, "", 1, 64, "", "the chain whose base layer changes"},
    Rule{"network.activation", Type::table, required},
    Rule{"network.activation.time", Type::time, optional, "", 0, 0, "", "first block at or past it runs the new rules"},
    Rule{"network.activation.block", Type::integer, optional, "", 1, (std::uint64_t{1} << 53) - 1},
    Rule{"network.block_interval_max", Type::duration, optional, "", 1, day, "", "mean between blocks after the change"},
    Rule{"network.finality_lag_max", Type::duration, optional, "", 1, day, "", "head behind final block after the change"},
    Rule{"from_version", Type::text},
    Rule{"to_version", Type::text},
    Rule{"window", Type::table, required},
    Rule{"window.halt_at", Type::time, required},
    Rule{"window.arm_by", Type::duration, defaulted, "10s", 1, 30 * day, "", "before halt_at: armed everywhere at finality by then"},
    Rule{"window.switch_by", Type::duration, required, "", 1, 30 * day, "", "after halt_at"},
    Rule{"window.decide_by", Type::duration, required, "", 1, 30 * day, "", "after halt_at"},
    Rule{"window.soak", Type::duration, required, "", 0, 365 * day, "", "after the release"},
    Rule{"policy", Type::table, required},
    Rule{"policy.newly_liquidatable_max", Type::integer, defaulted, "0", 0, 1000000000},
    Rule{"policy.halt_on_interference", Type::boolean, defaulted, "false", 0, 0, "", "sign HALT_NOW when somebody touches an instance from outside the plan"},
    Rule{"policy.oracle_age_max", Type::duration, defaulted, "0s", 0, 30 * day},
    Rule{"policy.halted_allow", Type::strings, optional, "", 0, 0, "DEPOSIT|WITHDRAW|ORACLE|CANCEL"},
    Rule{"policy.resume", Type::tables, required},
    Rule{"policy.resume[].after", Type::duration, required, "", 0, 30 * day},
    Rule{"policy.resume[].allow", Type::strings, required, "", 0, 0, action_classes},
    Rule{"policy.oracle", Type::tables},
    Rule{"policy.oracle[].contract", Type::string, required},
    Rule{"policy.oracle[].call", Type::string, required},
    Rule{"policy.oracle[].args", Type::texts},
    Rule{"policy.oracle[].word", Type::integer, defaulted, "0", 0, 65535},
    Rule{"upgrade", Type::tables},
    Rule{"upgrade[].chains", Type::strings, required},
    Rule{"upgrade[].contract", Type::string, required},
    Rule{"upgrade[].switch", Type::one_or_tables, required},
    Rule{"upgrade[].rollback", Type::one_or_tables, optional, "", 0, 0, "", "what is switched must be able to go back"},
    Rule{"upgrade[].revocable", Type::boolean, defaulted, "true", 0, 0, "", "false: cannot be rolled back; one chain of a plan at most, and it switches first"},
    Rule{"upgrade[].halt", Type::one_or_tables},
    Rule{"upgrade[].resume", Type::one_or_tables},
    Rule{"upgrade[].expect", Type::table, required},
    Rule{"upgrade[].expect.codehash", Type::string, required, "", 0, 0, "", "extcodehash of the new implementation"},
    Rule{"upgrade[].expect.old_codehash", Type::string, required, "", 0, 0, "", "extcodehash of the implementation a rollback restores"},
    Rule{"upgrade[].expect.implementation", Type::string},
    Rule{"upgrade[].expect.old_implementation", Type::string},
    Rule{"upgrade[].expect.reads", Type::tables},
    Rule{"upgrade[].expect.old_reads", Type::tables},
    Rule{"upgrade[].expect.writes", Type::strings_or_tables},
    Rule{"upgrade[].expect.writes[].slot", Type::string, required},
    Rule{"upgrade[].expect.writes[].value", Type::text},
    Rule{"upgrade[].expect.writes[].contract", Type::string},
    Rule{"upgrade[].delta", Type::one_or_tables},
    Rule{"upgrade[].delta[].table", Type::string, required},
    Rule{"upgrade[].delta[].key", Type::table},
    Rule{"upgrade[].delta[].key.*", Type::text},
    Rule{"upgrade[].delta[].field", Type::string, required},
    Rule{"upgrade[].delta[].value", Type::text, required},
    Rule{"observe", Type::tables},
    Rule{"observe[].chains", Type::strings, required},
    Rule{"observe[].contract", Type::string, required, "", 0, 0, "", "its storage must be the same after as before"},
    Rule{"observe[].codehash", Type::string, optional, "", 0, 0, "", "extcodehash of the contract itself"},
    Rule{"observe[].reads", Type::tables},
    Rule{"observe[].halt", Type::one_or_tables},
    Rule{"observe[].resume", Type::one_or_tables},
    Rule{"vars", Type::table},
    Rule{"vars.*", Type::text_or_table},
    Rule{"vars.*.*", Type::text},
#define LOCKSTEP_CALL(at) \
    Rule{at "[].call", Type::string, required}, Rule{at "[].args", Type::texts}, Rule{at "[].contract", Type::string}, Rule{at "[].value", Type::text}
    LOCKSTEP_CALL("upgrade[].switch"),
    LOCKSTEP_CALL("upgrade[].rollback"),
    LOCKSTEP_CALL("upgrade[].halt"),
    LOCKSTEP_CALL("upgrade[].resume"),
    LOCKSTEP_CALL("observe[].halt"),
    LOCKSTEP_CALL("observe[].resume"),
#undef LOCKSTEP_CALL
#define LOCKSTEP_READ(at) \
    Rule{at "[].call", Type::string, required}, Rule{at "[].args", Type::texts}, Rule{at "[].contract", Type::string}, \
    Rule{at "[].word", Type::integer, defaulted, "0", 0, 65535}, Rule{at "[].equals", Type::text}, Rule{at "[].not_zero", Type::boolean}, \
    Rule{at "[].at_least", Type::text}, Rule{at "[].at_most", Type::text}
    LOCKSTEP_READ("upgrade[].expect.reads"),
    LOCKSTEP_READ("upgrade[].expect.old_reads"),
    LOCKSTEP_READ("observe[].reads"),
#undef LOCKSTEP_READ
};
// clang-format on

}  // namespace

std::span<const Rule> config_rules() { return config_table; }
std::span<const Rule> protocol_rules() { return protocol_table; }
std::span<const Rule> plan_rules() { return plan_table; }

}  // namespace lockstep::settings
