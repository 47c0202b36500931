#include "mirror/mirror.hpp"

#include <utility>

#include "base/assert.hpp"
#include "mirror/apply.hpp"
#include "mirror/deltas.hpp"
#include "mirror/imprint.hpp"
#include "mirror/rows.hpp"

namespace lockstep::mirror {
namespace {

__extension__ typedef unsigned __int128 Unsigned;

}  // namespace

struct Mirror::Impl {
  State state;
  Imprint imprint;
};

Mirror::Mirror() : impl_(std::make_unique<Impl>()) {}
Mirror::Mirror(State state) : impl_(std::make_unique<Impl>(Impl{std::move(state), {}})) {}
Mirror::~Mirror() = default;
Mirror::Mirror(const Mirror& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
Mirror::Mirror(Mirror&&) noexcept = default;
Mirror& Mirror::operator=(Mirror other) noexcept {
  impl_ = std::move(other.impl_);
  return *this;
}

std::expected<void, Contradiction> Mirror::apply(const Operation& operation) {
  auto done = mirror::apply(impl_->state, operation);
  if (done) return {};
  return std::unexpected(Contradiction{operation.block_num, operation.log_index, std::move(done.error())});
}

std::expected<Mirror, std::string> Mirror::with(const std::vector<Delta>& deltas) const {
  Mirror changed(*this);
  for (const auto& delta : deltas) {
    if (delta.key.table >= Table::count_) return std::unexpected(delta.field + ": there is no such table");
    if (auto done = set_field(changed.impl_->state, delta); !done) {
      return std::unexpected(to_text(delta.key) + " " + delta.field + ": " + done.error());
    }
  }
  return changed;
}

const State& Mirror::state() const { return impl_->state; }

Rows Mirror::rows() const { return rows_of(impl_->state); }

Hash32 Mirror::digest() const { return impl_->imprint.digest(impl_->state); }

std::vector<Key> differing(const Mirror& a, const Mirror& b, std::size_t limit) {
  if (a.digest() == b.digest()) return {};
  std::vector<Key> keys;
  for (const auto& path : radix::differences(a.impl_->imprint.tree(), b.impl_->imprint.tree(), limit))
    keys.push_back(key_of(path));
  return keys;
}

std::string Mirror::outstanding() const { return mirror::outstanding(impl_->state); }

std::size_t Mirror::account_count() const { return impl_->state.accounts.size(); }

std::size_t Mirror::order_count() const { return impl_->state.resting.size(); }

Int Mirror::imbalance() const {
  // Modulo 2^128: zero exactly when the sums are equal, whatever the order of additions.
  const State& state = impl_->state;
  Unsigned held = static_cast<Unsigned>(state.insurance);
  for (const auto& [address, account] : state.accounts) {
    held += static_cast<Unsigned>(Int{account.collateral});
    for (const auto& position : account.positions) held += static_cast<Unsigned>(position.quote);
  }
  for (const auto& one : state.markets)
    if (one.second.series) held += static_cast<Unsigned>(one.second.series->pot);
  return static_cast<Int>(static_cast<Unsigned>(state.net_deposits) - held);
}

}  // namespace lockstep::mirror
