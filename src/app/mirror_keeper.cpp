#include "app/mirror_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "runtime/log.hpp"

namespace lockstep::app {
namespace {

namespace fs = std::filesystem;

void warn(const std::string& instance, const std::string& why) {
  runtime::log::warn("app", "a mirror was not kept as a file", {{"instance", instance}, {"err", why}});
}

/// Names of protocols and chains are plain words; what joins them is not.
std::string prefix_of(const std::string& instance) {
  std::string prefix = instance;
  std::ranges::replace(prefix, ':', '.');
  return prefix + ".";
}

}  // namespace

MirrorKeeper::MirrorKeeper(fs::path folder, std::size_t count)
    : folder_(std::move(folder)), count_(count), worker_([this](const std::stop_token& stopping) { run(stopping); }) {}

MirrorKeeper::~MirrorKeeper() {
  worker_.request_stop();
  worker_.join();
}

void MirrorKeeper::keep(mirror::Mirror mirror, mirror::SnapshotLabel label, std::string moment) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < most_waiting) {
      waiting_.push_back({std::move(mirror), std::move(label), std::move(moment)});
      wake_.notify_one();
      return;
    }
  }
  warn(label.instance, "too many wait to be written");
}

void MirrorKeeper::run(const std::stop_token& stopping) {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, stopping, [this] { return !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Waiting one = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    write(one);
    lock.lock();
  }
}

void MirrorKeeper::write(const Waiting& one) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  const auto prefix = prefix_of(one.label.instance);
  const auto file = folder_ / fmt::format("{}{:012}.{}.mirror", prefix, one.label.block_num, one.moment);
  const fs::path unfinished = file.string() + ".tmp";
  std::ofstream out(unfinished, std::ios::binary | std::ios::trunc);
  const auto saved = mirror::save(one.mirror, one.label, [&](BytesView bytes) {
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  });
  out.close();
  if (!saved || !out) {
    fs::remove(unfinished, error);
    return warn(one.label.instance, saved ? "the disk did not take it" : saved.error());
  }
  fs::rename(unfinished, file, error);
  if (error) return warn(one.label.instance, error.message());
  forget_old(prefix);
}

void MirrorKeeper::forget_old(const std::string& prefix) const {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".mirror")) files.push_back(entry.path());
  }
  std::ranges::sort(files);  // by block
  for (std::size_t i = 0; i + count_ < files.size(); ++i) fs::remove(files[i], error);
}

}  // namespace lockstep::app
