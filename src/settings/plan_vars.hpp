#pragma once
// ${name} in a plan's texts. A chain's own [vars.<chain>] win over [vars]; the instance's addresses are there as gate,
// timelock, governor, upgrader and contract.<name>.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "settings/node.hpp"
#include "settings/protocol.hpp"

namespace lockstep::settings {

class Variables {
 public:
  /// Reads [vars]; a table in it must be named after a chain of the protocol.
  Variables(const Node& root, const Protocol& protocol, std::vector<Error>& errors);

  /// `text` with every ${name} replaced as seen on the instance's chain. An unset variable is an error, once per chain
  /// and name.
  std::string expand(const std::string& text, const InstanceConfig& instance, const std::string& where,
                     std::vector<Error>& errors);

  /// Call after everything was expanded.
  void report_unused(std::vector<Error>& errors) const;

 private:
  struct Entry {
    std::string value, where;
    bool used = false;
  };
  using Scope = std::map<std::string, Entry>;
  Entry* find(const std::string& chain, const std::string& name);
  std::vector<std::string> known(const std::string& chain) const;

  Scope common_;
  std::map<std::string, Scope> of_chain_;
  std::set<std::pair<std::string, std::string>> reported_;
};

}  // namespace lockstep::settings
