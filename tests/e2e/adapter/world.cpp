#include "tests/e2e/adapter/world.hpp"

#include <fstream>
#include <set>
#include <stdexcept>

#include "adapters/evm/direct/operation.hpp"
#include "adapters/evm/prove.hpp"
#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/local_key.hpp"

namespace lockstep::e2e {
namespace {

using evm::abi::of;
/// EIP-1967: keccak256("eip1967.proxy.admin") - 1.
const Hash32 erc1967_admin_slot =
    fixed_from_hex<Hash32>("0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103").value();
/// OpenZeppelin's UpgradeableBeacon: the owner, then the implementation.
const Hash32 beacon_slot = to_word(Uint256(1));
constexpr std::uint64_t min_notice_s = 60, oracle_age_s = 100'000;

crypto::PrivateKey dev() { return crypto::PrivateKey::from_bytes(bytes_from_hex(dev_key).value()).value(); }

evm::abi::Value tuple(std::vector<evm::abi::Value> elements) { return list(std::move(elements)); }

std::string type_of(const nlohmann::json& parameter) {
  const auto type = parameter.at("type").get<std::string>();
  if (!type.starts_with("tuple")) return type;
  std::string members;
  for (const auto& member : parameter.at("components")) members += (members.empty() ? "" : ",") + type_of(member);
  return "(" + members + ")" + type.substr(5);
}

/// Everything a contract of contracts_abi can do, but what makes an UUPS implementation of it.
std::vector<evm::diamond::Selector> functions_of(const std::string& contract) {
  static const std::set<std::string> of_uups{"UPGRADE_INTERFACE_VERSION", "initialize", "proxiableUUID",
                                             "upgradeToAndCall"};
  std::ifstream file(std::string(LOCKSTEP_SOURCE_DIR) + "/contracts_abi/" + contract + ".json");
  std::vector<evm::diamond::Selector> functions;
  const auto artifact = nlohmann::json::parse(file);
  for (const auto& entry : artifact.at("abi")) {
    if (entry.at("type") != "function" || of_uups.contains(entry.at("name"))) continue;
    const auto signature =
        entry.at("name").get<std::string>() + type_of({{"type", "tuple"}, {"components", entry.at("inputs")}});
    functions.push_back(evm::abi::parse_function(signature).value().selector());
  }
  return functions;
}

evm::abi::Value four_bytes(const evm::diamond::Selector& selector) {
  Hash32 word;
  std::ranges::copy(selector, word.bytes.begin());
  return of(word);
}

evm::abi::Value facet_cut(evm::diamond::Action action, const Address& facet,
                          const std::vector<evm::diamond::Selector>& selectors) {
  evm::abi::Value named;
  for (const auto& selector : selectors) named.elements.push_back(four_bytes(selector));
  return tuple({of(facet), number(static_cast<std::uint64_t>(action)), named});
}

/// SolidState's DiamondBaseStorage: mapping(bytes4 => facet and place) in its first slot.
Hash32 function_slot(const evm::diamond::Selector& selector) {
  Bytes both(32);
  std::ranges::copy(selector, both.begin());
  append(both, crypto::keccak256(std::string_view("solidstate.contracts.storage.DiamondBase")).view());
  return crypto::keccak256(both);
}

Bytes schedule_call(const World& world, const evm::CompiledPlan& plan, bool execute) {
  const auto arm = evm::arm_calldata(plan, 0);
  std::vector<evm::abi::Value> arguments{of(world.gate), number(0), bytes(arm), of(Hash32{}), of(plan.plan.hash)};
  if (execute) return call("execute(address,uint256,bytes,bytes32,bytes32)", arguments);
  arguments.push_back(number(1));
  return call("schedule(address,uint256,bytes,bytes32,bytes32,uint256)", arguments);
}

/// The exchange, and who is called to switch it.
std::pair<Address, Address> deploy_proxy(const World& world, const Bytes& init) {
  auto& anvil = world.anvil;
  const std::string oz = "@openzeppelin/contracts/build/contracts/";
  switch (world.proxy) {
    case Proxy::uups: {
      const auto proxy = anvil.deploy("ERC1967Proxy", "(address,bytes)", {of(world.old_implementation), bytes(init)});
      return {proxy, proxy};
    }
    case Proxy::transparent:
    case Proxy::timelocked: {
      const auto owner = world.proxy == Proxy::timelocked ? world.upgrader : world.gate;
      const auto proxy = anvil.deploy(oz + "TransparentUpgradeableProxy", "(address,address,bytes)",
                                      {of(world.old_implementation), of(owner), bytes(init)});
      const auto admin = anvil.rpc("eth_getStorageAt", {to_hex(proxy), to_hex(erc1967_admin_slot), "latest"});
      return {proxy, evm::to_address(from_word(fixed_from_hex<Hash32>(admin.get<std::string>()).value()))};
    }
    case Proxy::diamond: {
      const auto cuts = list({facet_cut(evm::diamond::Action::add, world.old_implementation, world.functions)});
      const auto diamond = anvil.deploy("DemoDiamond", "(address,(address,uint8,bytes4[])[],address,bytes)",
                                        {of(world.gate), cuts, of(world.old_implementation), bytes(init)});
      return {diamond, diamond};
    }
    case Proxy::beacon: {
      const auto beacon =
          anvil.deploy(oz + "UpgradeableBeacon", "(address,address)", {of(world.old_implementation), of(world.gate)});
      return {anvil.deploy(oz + "BeaconProxy", "(address,bytes)", {of(beacon), bytes(init)}), beacon};
    }
  }
  throw std::logic_error("no such proxy");
}

/// One operation of a timelock, as execute() and, with a delay of one second, schedule() take it.
std::vector<evm::abi::Value> operation(const evm::Call& inner, const Hash32& salt, bool schedule) {
  std::vector<evm::abi::Value> arguments{of(inner.target), number(0), bytes(inner.data), of(Hash32{}), of(salt)};
  if (schedule) arguments.push_back(number(1));
  return arguments;
}

/// The call that gives the exchange this code, by whatever it stands behind.
evm::Call upgrade_call(const World& world, const Address& to, const Bytes& data) {
  switch (world.proxy) {
    case Proxy::timelocked: {
      const evm::Call inner{world.switch_of, 0,
                            call("upgradeAndCall(address,address,bytes)", {of(world.exchange), of(to), bytes(data)})};
      return {world.upgrader, 0,
              call("execute(address,uint256,bytes,bytes32,bytes32)",
                   operation(inner, crypto::keccak256(to.view()), false))};
    }
    case Proxy::diamond:
      return {world.switch_of, 0, world.cut(evm::diamond::Action::replace, to, world.functions)};
    case Proxy::uups:
      return {world.switch_of, 0, call("upgradeToAndCall(address,bytes)", {of(to), bytes(data)})};
    case Proxy::transparent:
      return {world.switch_of, 0,
              call("upgradeAndCall(address,address,bytes)", {of(world.exchange), of(to), bytes(data)})};
    case Proxy::beacon:
      return {world.switch_of, 0, call("upgradeTo(address)", {of(to)})};
  }
  throw std::logic_error("no such proxy");
}

}  // namespace

World::World(std::shared_ptr<Anvil> on, std::string name, Proxy kind)
    : node(std::move(on)), anvil(*node), protocol(std::move(name)), operator_key(dev()), proxy(kind) {
  admin = anvil.account(0);
  const auto only_admin = list({of(admin)});
  timelock = anvil.deploy("TimelockController", "(uint256,address[],address[],address)",
                          {number(1), only_admin, only_admin, of(Address{})});
  gate = anvil.deploy("LockstepGate",
                      "(address,address,uint256,address,address[],uint32,uint32,(uint32,uint32,uint32,uint32))",
                      {of(timelock), of(Address{}), number(chain_id), of(Address{}), only_admin, number(1), number(0),
                       tuple({number(min_notice_s), number(10), number(3600), number(86400)})});
  if (kind == Proxy::timelocked) {
    upgrader = anvil.deploy("TimelockController", "(uint256,address[],address[],address)",
                            {number(1), list({of(timelock)}), list({of(gate)}), of(Address{})});
  }
  token = anvil.deploy("DemoCollateral", "()", {});
  oracle = anvil.deploy("PriceOracle", "(address,address,uint32)", {of(gate), of(admin), number(1)});
  old_implementation = anvil.deploy("PerpExchangeV1", "()", {});
  if (kind == Proxy::diamond) functions = functions_of("PerpExchangeV1");
  const auto init = call("initialize(address,address,address,uint32,uint32,(uint128,uint32,uint32,uint32,uint32)[])",
                         {of(gate), of(token), of(oracle), number(100'000), number(60),
                          list({tuple({number(1), number(1000), number(500), number(100), number(500)})})});
  std::tie(exchange, switch_of) = deploy_proxy(*this, init);
  push_price(1'000'000);
  evm::abi::Value traders;
  for (std::size_t i = 1; i <= 3; ++i) traders.elements.push_back(of(anvil.account(i)));
  anvil.send(admin, token,
             call("mintFor(address[],uint256,address)", {traders, number(100'000'000'000), of(exchange)}));
  for (std::size_t i = 1; i <= 3; ++i)
    anvil.send(anvil.account(i), exchange, call("deposit(uint256)", {number(50'000'000'000)}));
  const auto place = [&](std::size_t who, bool buy, std::uint64_t price, std::uint64_t size) {
    anvil.send(anvil.account(who), exchange,
               call("place(uint32,bool,uint128,uint128,uint8,bool,uint64)",
                    {number(1), number(buy ? 1 : 0), number(price), number(size), number(0), number(0), number(0)}));
  };
  place(1, true, 1'000'000, 10);
  place(2, false, 1'000'000, 4);
  place(3, false, 1'005'000, 5);
}

void World::push_price(std::uint64_t price) {
  anvil.send(admin, oracle, call("push(uint32[],uint128[])", {list({number(1)}), list({number(price)})}));
}

settings::InstanceConfig World::instance_config() const {
  settings::InstanceConfig config;
  config.chain = "local";
  config.gate = gate;
  config.timelock = {.address = timelock};
  if (!upgrader.is_zero()) config.upgrader = settings::GovernanceRef{.address = upgrader};
  config.contracts["exchange"] = {.address = exchange,
                                  .abi = "",
                                  .proxy = proxy == Proxy::beacon    ? "none"
                                           : proxy == Proxy::diamond ? "diamond"
                                                                     : "erc1967"};
  config.contracts["oracle"] = {.address = oracle, .abi = ""};
  if (proxy == Proxy::beacon) config.contracts["beacon"] = {.address = switch_of, .abi = ""};
  for (const auto& [name, address] : more) config.contracts[name] = {.address = address, .abi = ""};
  return config;
}

evm::ChainSetup World::chain_setup(const std::filesystem::path& state_dir) const {
  evm::ChainSetup setup;
  setup.config.id = "local";
  setup.config.chain_id = chain_id;
  setup.config.poll_ms = 20;
  setup.config.timeout_ms = 20'000;
  setup.endpoints = {{"anvil", settings::Secret(anvil.url())}};
  setup.gas_key = crypto::local_key(operator_key);
  setup.state_dir = state_dir;
  const auto event = [](const char* contract, const char* signature, const char* op,
                        std::map<std::string, std::string> bind) {
    return settings::EventBinding{contract, signature, op, std::move(bind), op};
  };
  const auto same = [](std::initializer_list<const char*> names) {
    std::map<std::string, std::string> bind;
    for (const auto* name : names) bind[name] = name;
    return bind;
  };
  std::vector<settings::EventBinding> events{
      event("exchange",
            "MarketAdded(uint32 indexed market,uint128 tick,uint32 initial_bps,uint32 maintenance_bps,uint32 "
            "maker_fee_ppm,uint32 taker_fee_ppm)",
            "add_market", same({"market", "initial_bps", "maintenance_bps", "maker_fee_ppm", "taker_fee_ppm"})),
      event("exchange",
            "ParametersChanged(uint32 indexed market,uint32 initial_bps,uint32 maintenance_bps,uint32 "
            "maker_fee_ppm,uint32 taker_fee_ppm)",
            "set_parameters", same({"market", "initial_bps", "maintenance_bps", "maker_fee_ppm", "taker_fee_ppm"})),
      event("oracle", "PriceUpdated(uint32 indexed market,uint128 price,uint64 time)", "set_mark",
            same({"market", "price"})),
      event("exchange", "Deposited(address indexed account,uint256 amount)", "deposit", same({"account", "amount"})),
      event("exchange",
            "OrderPlaced(uint64 indexed order,uint32 indexed market,address indexed account,bool is_buy,uint128 "
            "price,uint128 size,"
            "uint8 time_in_force,bool reduce_only)",
            "place_order",
            same({"order", "market", "account", "is_buy", "price", "size", "time_in_force", "reduce_only"})),
      event("exchange",
            "Trade(uint32 indexed market,uint64 indexed maker_order,uint64 indexed taker_order,uint128 price,uint128 "
            "size,uint256 maker_fee,"
            "uint256 taker_fee)",
            "trade", same({"market", "maker_order", "taker_order", "price", "size", "maker_fee", "taker_fee"}))};
  std::vector<settings::ViewBinding> views{
      {"exchange", "global", "globals()(int256 insurance,uint64 next_order,uint32 markets)",
       same({"insurance", "next_order"}), "globals"},
      {"exchange", "market",
       "marketOf(uint32 market)(uint32 initial_bps,uint32 maintenance_bps,uint32 maker_fee_ppm,uint32 taker_fee_ppm,"
       "int256 funding_index,uint256 open_interest,uint64 best_bid,uint64 best_ask)",
       same({"initial_bps", "maintenance_bps", "maker_fee_ppm", "taker_fee_ppm", "funding_index", "open_interest",
             "best_bid", "best_ask"}),
       "marketOf"},
      {"exchange", "account", "accountOf(address account)(int256 collateral)", same({"collateral"}), "accountOf"},
      {"exchange", "account",
       "marginOf(address account)(int256 equity,uint256 initial_margin,uint256 maintenance_margin)",
       same({"equity", "initial_margin", "maintenance_margin"}), "marginOf"},
      {"exchange", "position",
       "positionOf(address account,uint32 market)(int256 size,int256 quote,int256 funding_index,uint256 "
       "bid_lots,uint256 ask_lots)",
       same({"size", "quote", "funding_index", "bid_lots", "ask_lots"}), "positionOf"},
      {"exchange", "order",
       "orderOf(uint64 order)(address account,uint32 market,bool is_buy,uint128 price,uint128 remaining,uint64 next)",
       same({"account", "market", "is_buy", "price", "remaining", "next"}), "orderOf"}};
  setup.instances.push_back({protocol, instance_config(), std::move(events), std::move(views)});
  return setup;
}

evm::CompiledPlan World::plan(const Address& implementation, const Bytes& init, unsigned new_version,
                              std::uint64_t halt_at) {
  evm::CompiledPlan compiled;
  auto& plan = compiled.plan;
  plan.protocol = protocol;
  plan.name = "upgrade";
  plan.epoch = 1;
  plan.operators.operators = {operator_key.address()};
  plan.operators.threshold = 1;
  plan.operators.hash = evm::operator_set_hash(plan.operators.operators, 1, 0);
  plan.window = {
      .arm_by = halt_at - min_notice_s, .halt_at = halt_at, .switch_by = halt_at + 1000, .decide_by = halt_at + 2000};
  const auto version = call("version()", {});
  evm::CompiledInstance instance;
  auto& leaf = instance.leaf;
  leaf = {.chain_id = chain_id,
          .gate = gate,
          .epoch = 1,
          .halt_at = halt_at,
          .switch_by = halt_at + 1000,
          .decide_by = halt_at + 2000,
          .operator_set = plan.operators.hash,
          .halted_mask = 1U << 2,
          .oracle_max_age = static_cast<std::uint32_t>(oracle_age_s)};
  leaf.switch_calls = {upgrade_call(*this, implementation, init)};
  leaf.rollback_calls = {new_version == 2 ? evm::Call{exchange, 0, call("downgrade(address)", {of(old_implementation)})}
                                          : upgrade_call(*this, old_implementation, {})};
  leaf.new_code = {{implementation, code_hash(anvil, implementation)}};
  leaf.old_code = {{old_implementation, code_hash(anvil, old_implementation)}};
  leaf.new_reads = {{exchange, version, 0, evm::Compare::equal, to_word(Uint256(new_version))}};
  leaf.old_reads = {{exchange, version, 0, evm::Compare::equal, to_word(Uint256(1))}};
  leaf.oracles = {{oracle, call("lastUpdate()", {}), 0}};
  leaf.stages = {{0, 0xff}};
  instance.chain = "local";
  instance.timelock = timelock;
  const auto named = from_word(evm::abi::as_hash(of(implementation)));
  if (proxy == Proxy::beacon) {
    instance.writes = {{switch_of, beacon_slot, named, "beacon's implementation"}};
    instance.observed = {exchange};  // its own storage stays as it is
  } else if (proxy == Proxy::diamond) {
    plan_cut(instance, implementation);
  } else {
    instance.proxies = {{"exchange", exchange, old_implementation, implementation, leaf.old_code[0].code_hash,
                         leaf.new_code[0].code_hash}};
    instance.writes = {{exchange, evm::erc1967_implementation_slot, named, "erc1967.implementation"}};
  }
  plan.instances = {{.chain = "local", .chain_id = chain_id, .gate = gate}};
  compiled.instances.push_back(std::move(instance));
  seal(compiled);
  return compiled;
}

Bytes World::cut(evm::diamond::Action action, const Address& facet,
                 const std::vector<evm::diamond::Selector>& selectors) const {
  return call("diamondCut((address,uint8,bytes4[])[],address,bytes)",
              {list({facet_cut(action, facet, selectors)}), of(Address{}), bytes({})});
}

void World::plan_cut(evm::CompiledInstance& instance, const Address& implementation) {
  const auto answer = anvil.rpc(
      "eth_call", {{{"to", to_hex(exchange)}, {"data", to_hex(BytesView(evm::diamond::loupe_calldata()))}}, "latest"});
  const auto before = evm::diamond::facets_in(evm::RpcAnswer(answer)).value();
  const auto after = evm::diamond::cut(before, evm::diamond::cuts_in(instance.leaf.switch_calls, exchange)).value();
  const auto version = [&](const evm::diamond::Facets& facets) {
    std::map<Address, Hash32> codes;
    for (const auto& facet : evm::diamond::accounts_of(facets)) codes[facet] = code_hash(anvil, facet);
    return evm::diamond::version_of(facets, codes);
  };
  instance.diamonds = {{"exchange", exchange, version(before), version(after)}};
  for (const auto& selector : functions) {
    const auto slot = function_slot(selector);
    const auto held = anvil.rpc("eth_getStorageAt", {to_hex(exchange), to_hex(slot), "latest"}).get<std::string>();
    const auto place = from_word(fixed_from_hex<Hash32>(held).value()) & ((Uint256(1) << 96) - 1);
    instance.writes.push_back({exchange, slot, (from_word(evm::abi::as_hash(of(implementation))) << 96) | place,
                               "facet of " + evm::diamond::to_text(selector)});
  }
  const auto loupe = call("facetAddress(bytes4)", {four_bytes(functions.front())});
  const auto read = [&](const Address& facet) {
    return evm::Read{exchange, loupe, 0, evm::Compare::equal, evm::abi::as_hash(of(facet))};
  };
  instance.leaf.new_reads.push_back(read(implementation));
  instance.leaf.old_reads.push_back(read(old_implementation));
}

void World::seal(evm::CompiledPlan& compiled) {
  auto& instance = compiled.instances[0];
  instance.leaf_hash = evm::leaf_hash(instance.leaf);
  compiled.plan.instances[0].leaf_hash = instance.leaf_hash;
  compiled.plan.hash = evm::plan_hash(compiled.document_hash, evm::leaves_root({instance.leaf_hash}));
}

evm::CompiledPlan World::network_plan(std::uint64_t halt_at, std::uint64_t change) {
  auto compiled = plan(old_implementation, {}, 1, halt_at);
  auto& instance = compiled.instances[0];
  auto& leaf = instance.leaf;
  leaf.switch_calls.clear();
  leaf.rollback_calls.clear();
  leaf.new_code = leaf.old_code;
  leaf.new_reads = leaf.old_reads;
  instance.proxies.clear();
  instance.writes.clear();
  instance.observed = {exchange};
  instance.onset = {.time = change, .num = 0};
  compiled.network = evm::NetworkChange{.instance = 0, .time = change, .block = 0, .block_interval_max_s = 5};
  compiled.plan.kind = coordinator::PlanKind::network;
  compiled.plan.instances[0].switches = false;
  seal(compiled);
  return compiled;
}

void World::cancel(const evm::CompiledPlan& plan) {
  const auto id = crypto::keccak256(
      evm::abi::encode({evm::abi::parse_type("address").value(), evm::abi::parse_type("uint256").value(),
                        evm::abi::parse_type("bytes").value(), evm::abi::parse_type("bytes32").value(),
                        evm::abi::parse_type("bytes32").value()},
                       {of(gate), number(0), bytes(evm::arm_calldata(plan, 0)), of(Hash32{}), of(plan.plan.hash)}));
  anvil.send(admin, timelock, call("cancel(bytes32)", {of(id)}));
}

void World::send_as(const Address& contract, const Address& to, const Bytes& data) {
  anvil.rpc("anvil_setBalance", {to_hex(contract), "0xde0b6b3a7640000"});
  anvil.rpc("anvil_impersonateAccount", {to_hex(contract)});
  anvil.send(contract, to, data);
  anvil.rpc("anvil_stopImpersonatingAccount", {to_hex(contract)});
}

void World::queue_in_upgrader(const evm::CompiledPlan& plan) {
  const auto& leaf = plan.instances[0].leaf;
  for (const auto* calls : {&leaf.switch_calls, &leaf.rollback_calls}) {
    const auto queued = evm::direct::execution_of(calls->front()).value().operation;
    send_as(timelock, upgrader,
            call("schedule(address,uint256,bytes,bytes32,bytes32,uint256)",
                 operation(queued.calls.front(), queued.salt, true)));
  }
}

void World::schedule(const evm::CompiledPlan& plan) { anvil.send(admin, timelock, schedule_call(*this, plan, false)); }

void World::execute(const evm::CompiledPlan& plan) { anvil.send(admin, timelock, schedule_call(*this, plan, true)); }

coordinator::Submit World::signed_submit(const evm::CompiledPlan& plan, coordinator::Action action,
                                         coordinator::Outcome outcome) {
  using coordinator::Action;
  coordinator::Submit submit{
      .plan = plan.plan.hash, .instance = 0, .action = action, .outcome = outcome, .evidence = {}, .signatures = {}};
  const auto kind = action == Action::switch_version ? coordinator::Kind::switch_version
                    : action == Action::halt_now     ? coordinator::Kind::halt_now
                    : action == Action::decide       ? coordinator::Kind::vote_new
                                                     : coordinator::Kind::outcome;
  const coordinator::Statement statement{.kind = kind,
                                         .epoch = 1,
                                         .plan_hash = plan.plan.hash,
                                         .outcome = action == Action::close ? outcome : coordinator::Outcome::none,
                                         .operator_set = plan.plan.operators.hash,
                                         .evidence = {}};
  submit.signatures = {operator_key.sign(crypto::digest(crypto::domain_separator(chain_id, gate), statement))};
  return submit;
}

ports::Sink Listener::sink() {
  return [this](ports::News news) {
    const std::lock_guard lock(mutex_);
    if (auto* feed = std::get_if<ports::MirrorFeed>(&news)) {
      if (feed->from_num <= fed_) mirror_ = mirror::Mirror();
      for (const auto& operation : feed->operations) {
        if (auto done = mirror_.apply(operation); !done && contradiction_.empty()) contradiction_ = done.error().detail;
      }
      fed_ = feed->upto.num;
    }
    news_.push_back(std::move(news));
    changed_.notify_all();
  };
}

std::string Listener::others() {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& news : news_) {
    if (const auto* seen = as<coordinator::InterferenceObserved>(news)) text += seen->detail + "\n";
    if (const auto* seen = std::get_if<ports::UnplannedChange>(&news)) text += seen->detail + "\n";
  }
  return text;
}

mirror::Rows Listener::rows_at(std::uint64_t num) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(60), [&] { return fed_ >= num; }))
    throw std::runtime_error("the mirror was never fed");
  if (!contradiction_.empty()) throw std::runtime_error("mirror: " + contradiction_);
  return mirror_.rows();
}

}  // namespace lockstep::e2e
