#pragma once
// The protocol file's bindings, parsed once: contract event → mirror operations, contract view → mirror fields.
#include <map>
#include <vector>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/bound.hpp"
#include "adapters/evm/log.hpp"
#include "mirror/op.hpp"
#include "mirror/row.hpp"
#include "settings/protocol.hpp"

namespace lockstep::evm {

class EventBindings {
 public:
  static Result<EventBindings> parse(const settings::InstanceConfig& instance,
                                     const std::vector<settings::EventBinding>& bindings);

  /// In the order of the bindings; empty if the event is not bound; an error if it is bound and does not decode.
  Result<std::vector<mirror::Operation>> decode(const Log& log) const;

 private:
  struct Binding {
    std::vector<Address> contracts;
    abi::Event event;
    mirror::OpCode op = mirror::OpCode::count_;
    std::vector<Bound> sources;  // as info(op).fields
    When when;
  };
  static Result<Binding> parse_one(const settings::InstanceConfig& instance, const settings::EventBinding& text);
  Result<mirror::Operation> operation(const Binding& binding, const std::vector<abi::Value>& values,
                                      const Log& log) const;

  std::multimap<Hash32, Binding> by_topic_;
  std::map<Address, mirror::MarketId> markets_;  // that the chain names by address
};

class ViewBindings {
 public:
  struct Call {
    Address target;
    Bytes data;
    std::size_t row = 0, binding = 0;
    bool observes = false;
  };
  static Result<ViewBindings> parse(const settings::InstanceConfig& instance,
                                    const std::vector<settings::ViewBinding>& bindings);

  /// What must be read so that every bound field of rows [first, last) is known, last at most their number. An error if
  /// a row's market has no address and needs one.
  Result<std::vector<Call>> calls_for(const mirror::Rows& rows, std::size_t first, std::size_t last) const;
  /// Whether some view is believed instead of compared.
  bool observe() const;
  /// Writes the fields the call's answer holds into its row.
  Result<void> read_into(mirror::Rows& rows, const Call& call, BytesView answer) const;

 private:
  enum class KeyPart : std::uint8_t { account, market, market_address, order, constant };
  struct Argument {
    KeyPart part = KeyPart::account;
    abi::Value constant = {};
  };
  struct Binding {
    Address target;
    bool at_market = false;  // the target is the row's market
    bool observes = false;
    mirror::Table table = mirror::Table::global;
    abi::Function function;
    std::vector<Argument> arguments;
    bool one_tuple = false;                              // the only output is a tuple whose members are bound
    std::vector<std::pair<Bound, std::size_t>> outputs;  // of its outputs → field of the table
    const std::vector<abi::Type>& types() const {
      return one_tuple ? function.outputs[0].components : function.outputs;
    }
  };
  static Result<Binding> parse_one(const settings::InstanceConfig& instance, const settings::ViewBinding& text);
  static Result<Argument> parse_argument(const settings::InstanceConfig& instance, const settings::ViewBinding& text,
                                         const abi::Type& input, const mirror::TableInfo& table);
  Result<Call> call(const Binding& binding, const mirror::Key& key) const;

  std::vector<Binding> bindings_;
  std::map<mirror::MarketId, Address> markets_;
};

}  // namespace lockstep::evm
