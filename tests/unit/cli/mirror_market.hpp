#pragma once
// A small market in a mirror, written to files that `lockstep mirror` reads, and the command line itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/cli/session.hpp"
#include "mirror/snapshot.hpp"

namespace lockstep::app {

inline Address account(std::uint8_t number) {
  Address address;
  address.bytes[19] = number;
  return address;
}

class MirrorMarket : public ::testing::Test {
 protected:
  using Int = mirror::Int;
  using OpCode = mirror::OpCode;

  /// Two accounts, 10 lots between them at 1000 in market 1; the buyer put in 1,300.
  MirrorMarket() {
    std::filesystem::create_directories(folder_);
    tell(OpCode::add_market, {Int{1}, Int{1000}, Int{500}, Int{0}, Int{0}});
    tell(OpCode::set_mark, {Int{1}, Int{1000}});
    tell(OpCode::deposit, {account(1), Int{1'300}});
    tell(OpCode::deposit, {account(2), Int{100'000}});
    tell(OpCode::place_order, {Int{1}, Int{1}, account(2), Int{0}, Int{1000}, Int{10}, Int{0}, Int{0}});
    tell(OpCode::place_order, {Int{2}, Int{1}, account(1), Int{1}, Int{1000}, Int{10}, Int{0}, Int{0}});
    tell(OpCode::trade, {Int{1}, Int{1}, Int{2}, Int{1000}, Int{10}, Int{0}, Int{0}});
  }
  ~MirrorMarket() override { std::filesystem::remove_all(folder_); }

  void tell(OpCode code, std::vector<mirror::Value> args) {
    ASSERT_TRUE(mirror_.apply({code, std::move(args), 1, 0}).has_value());
  }
  void write(const std::string& name, std::uint64_t block) {
    std::ofstream out(folder_ / name, std::ios::binary);
    const auto done = mirror::save(mirror_, {"acme:alpha", block, {}}, [&](BytesView bytes) {
      out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    });
    ASSERT_TRUE(done.has_value());
  }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  int lockstep(std::vector<std::string> arguments) {
    std::istringstream in;
    std::ostringstream out, err;
    const int code = run(arguments, in, out, err);
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("mirror_market." + std::to_string(getpid()));
  mirror::Mirror mirror_;
  std::string out_, err_;
};

}  // namespace lockstep::app
