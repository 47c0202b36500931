#include "adapters/sim/memory_disk.hpp"

#include <algorithm>
#include <cstring>

namespace lockstep::sim {
namespace {

struct Handle {
  sqlite3_file base;  // first: SQLite sees only this
  MemoryDisk* disk;
  MemoryDisk::File* file;
};

Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

void play(Bytes& content, std::uint64_t offset, const std::uint8_t* data, std::size_t length) {
  if (content.size() < offset + length) content.resize(offset + length);
  std::memcpy(content.data() + offset, data, length);
}

void play(Bytes& content, const MemoryDisk::Write& write, std::size_t length) {
  if (!write.data)
    content.resize(std::min<std::size_t>(content.size(), write.offset));
  else
    play(content, write.offset, write.data->data(), length);
}

int close(sqlite3_file*) { return SQLITE_OK; }

int read(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
  const auto& content = handle(file).file->content;
  const auto want = static_cast<std::size_t>(amount), from = static_cast<std::size_t>(offset);
  const auto have = from >= content.size() ? 0 : std::min(want, content.size() - from);
  if (have > 0) std::memcpy(to, content.data() + from, have);
  if (have == want) return SQLITE_OK;
  std::memset(static_cast<std::uint8_t*>(to) + have, 0, want - have);
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  auto& self = handle(file);
  const auto at = static_cast<std::uint64_t>(offset);
  const auto length = static_cast<std::size_t>(amount);
  const bool grows = at + length > self.file->content.size();
  if (const int code = self.disk->before(true, false, grows); code != SQLITE_OK) return code;
  const auto* bytes = static_cast<const std::uint8_t*>(from);
  play(self.file->content, at, bytes, length);
  self.file->pending.push_back({at, Bytes(bytes, bytes + length)});
  return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  auto& self = handle(file);
  if (const int code = self.disk->before(false, false, false); code != SQLITE_OK) return code;
  self.file->pending.push_back({static_cast<std::uint64_t>(size), std::nullopt});
  play(self.file->content, self.file->pending.back(), 0);
  return SQLITE_OK;
}

int sync(sqlite3_file* file, int) {
  auto& self = handle(file);
  if (const int code = self.disk->before(false, true, false); code != SQLITE_OK) {
    // The kernel marks the pages clean: nobody will write them again. A process that died before it asked loses
    // nothing.
    if (code == SQLITE_IOERR_FSYNC) self.file->pending.clear();
    return code;
  }
  self.disk->sync(*self.file);
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(handle(file).file->content.size());
  return SQLITE_OK;
}
int lock(sqlite3_file*, int) { return SQLITE_OK; }
int unlock(sqlite3_file*, int) { return SQLITE_OK; }
int check_lock(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 4096; }
int characteristics(sqlite3_file*) { return 0; }

constexpr sqlite3_io_methods methods{
    1,           close,           read,    write,   truncate, sync,    file_size, lock,   unlock, check_lock, control,
    sector_size, characteristics, nullptr, nullptr, nullptr,  nullptr, nullptr,   nullptr};

MemoryDisk& disk_of(sqlite3_vfs* vfs) { return *static_cast<MemoryDisk*>(vfs->pAppData); }

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto& self = handle(file);
  self.base.pMethods = nullptr;
  self.disk = &disk_of(vfs);
  self.file = self.disk->find(name);
  if (self.file == nullptr) {
    if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    if (const int code = self.disk->before(false, false, false); code != SQLITE_OK) return SQLITE_CANTOPEN;
    self.file = &self.disk->create(name);
  }
  self.base.pMethods = &methods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int unlink(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  auto& disk = disk_of(vfs);
  if (const int code = disk.before(false, false, false); code != SQLITE_OK) return code;
  disk.remove(name, sync_directory != 0);
  return SQLITE_OK;
}

int access(sqlite3_vfs* vfs, const char* name, int, int* out) {
  const auto* file = disk_of(vfs).find(name);
  *out = file != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int full_name(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

// Salts of the log: any numbers do, and these are the same in every run.
int randomness(sqlite3_vfs* vfs, int size, char* out) {
  auto value = disk_of(vfs).changes() * 0x9e3779b97f4a7c15ULL + 1;
  for (int i = 0; i < size; ++i) {
    value ^= value << 13;
    value ^= value >> 7;
    value ^= value << 17;
    out[i] = static_cast<char>(value >> 32);
  }
  return size;
}

int current_time(sqlite3_vfs*, double* out) {
  *out = 2461000.5;
  return SQLITE_OK;
}
int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }
int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

MemoryDisk::MemoryDisk() : vfs_(std::make_unique<sqlite3_vfs>()) {
  static std::uint64_t number = 0;
  name_ = "memory-disk-" + std::to_string(++number);
  *vfs_ = {};
  vfs_->iVersion = 1;
  vfs_->szOsFile = sizeof(Handle);
  vfs_->mxPathname = 256;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = open;
  vfs_->xDelete = unlink;
  vfs_->xAccess = access;
  vfs_->xFullPathname = full_name;
  vfs_->xRandomness = randomness;
  vfs_->xSleep = sleep;
  vfs_->xCurrentTime = current_time;
  vfs_->xGetLastError = last_error;
  sqlite3_vfs_register(vfs_.get(), 0);
}

MemoryDisk::~MemoryDisk() { sqlite3_vfs_unregister(vfs_.get()); }

void MemoryDisk::arm(DiskFault fault, std::uint64_t at) {
  fault_ = fault;
  countdown_ = at;
  struck_ = false;
}

void MemoryDisk::free_space() {
  if (fault_ == DiskFault::full) arm(DiskFault::none, 0);
}

void MemoryDisk::revive() {
  if (fault_ != DiskFault::full) arm(DiskFault::none, 0);
}

int MemoryDisk::before(bool write, bool sync, bool grows) {
  ++changes_;
  const bool concerned = fault_ == DiskFault::crash || (fault_ == DiskFault::sync_error && sync) ||
                         (fault_ == DiskFault::write_error && write) || (fault_ == DiskFault::full && grows);
  if (!concerned || (!struck_ && --countdown_ > 0)) return SQLITE_OK;
  const bool first = !struck_;
  struck_ = true;
  switch (fault_) {
    case DiskFault::crash:
      return SQLITE_IOERR;
    case DiskFault::full:
      return SQLITE_FULL;
    case DiskFault::sync_error:
      return first ? SQLITE_IOERR_FSYNC : SQLITE_OK;
    case DiskFault::write_error:
      return first ? SQLITE_IOERR_WRITE : SQLITE_OK;
    case DiskFault::none:
      break;
  }
  return SQLITE_OK;
}

MemoryDisk::File* MemoryDisk::find(const std::string& name) {
  const auto found = files_.find(name);
  return found == files_.end() || found->second->deleted ? nullptr : found->second.get();
}

MemoryDisk::File& MemoryDisk::create(const std::string& name) {
  auto& file = files_[name];
  if (file == nullptr) file = std::make_unique<File>();
  file->deleted = false;
  file->content.clear();
  file->pending.clear();
  if (file->exists_durably) file->pending.push_back({0, std::nullopt});
  return *file;
}

void MemoryDisk::sync(File& file) {
  if (sync_lies_) return;
  for (const auto& write : file.pending) play(file.durable, write, write.data ? write.data->size() : 0);
  file.pending.clear();
  if (file.exists_durably) return;
  file.exists_durably = true;
  // SQLite syncs the directory with the first sync of a new log or journal, and that keeps what was deleted deleted.
  for (auto& [name, other] : files_) {
    if (!other->deleted) continue;
    other->durable.clear();
    other->exists_durably = false;
  }
}

void MemoryDisk::remove(const std::string& name, bool durably) {
  auto* file = find(name);
  if (file == nullptr) return;
  file->deleted = true;
  file->content.clear();
  file->pending.clear();
  if (durably && !sync_lies_) {
    file->durable.clear();
    file->exists_durably = false;
  }
}

void MemoryDisk::lose_power(Rng& rng) {
  revive();
  const auto luck = rng.below(4);  // all of it lost, all kept, each by chance, the last one torn
  for (auto& [name, file] : files_) {
    bool exists = file->exists_durably;
    for (std::size_t i = 0; i < file->pending.size(); ++i) {
      const auto& write = file->pending[i];
      const bool last = i + 1 == file->pending.size();
      const bool kept = luck == 1 || luck == 3 || (luck == 2 && rng.chance(500));
      if (!kept) continue;
      const auto whole = write.data ? write.data->size() : 0;
      play(file->durable, write, luck == 3 && last && whole > 0 ? rng.below(whole) : whole);
      exists = true;
    }
    file->pending.clear();
    if (file->deleted && luck != 0) exists = false;
    if (!exists) file->durable.clear();
    file->exists_durably = exists;
    file->deleted = !exists;
    file->content = file->durable;
  }
}

MemoryDisk::Image MemoryDisk::image() const {
  Image image;
  for (const auto& [name, file] : files_)
    if (!file->deleted) image.emplace(name, file->content);
  return image;
}

MemoryDisk::Image MemoryDisk::durable() const {
  Image image;
  for (const auto& [name, file] : files_)
    if (file->exists_durably) image.emplace(name, file->durable);
  return image;
}

void MemoryDisk::restore(const Image& image) {
  files_.clear();
  for (const auto& [name, content] : image) {
    auto file = std::make_unique<File>();
    file->content = content;
    file->durable = content;
    file->exists_durably = true;
    files_.emplace(name, std::move(file));
  }
}

}  // namespace lockstep::sim
