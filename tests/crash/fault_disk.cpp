#include "fault_disk.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>

namespace lockstep::crash {

namespace {

struct Handle {
  sqlite3_file base;  // first: SQLite sees only this
  FaultDisk* disk;
  sqlite3_file* real;
  std::string* path;
};

Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
sqlite3_vfs* system_vfs() { return sqlite3_vfs_find(nullptr); }

int close(sqlite3_file* file) {
  auto& self = handle(file);
  const int code = self.real->pMethods != nullptr ? self.real->pMethods->xClose(self.real) : SQLITE_OK;
  delete self.path;
  self.path = nullptr;
  return code;
}

int read(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
  return handle(file).real->pMethods->xRead(handle(file).real, to, amount, offset);
}

int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  auto& self = handle(file);
  if (const int code = self.disk->before(true, false); code != SQLITE_OK) return code;
  const auto* bytes = static_cast<const std::uint8_t*>(from);
  self.disk->file(*self.path).pending.push_back({static_cast<std::uint64_t>(offset), Bytes(bytes, bytes + amount)});
  return self.real->pMethods->xWrite(self.real, from, amount, offset);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  auto& self = handle(file);
  if (const int code = self.disk->before(false, false); code != SQLITE_OK) return code;
  self.disk->file(*self.path).pending.push_back({static_cast<std::uint64_t>(size), std::nullopt});
  return self.real->pMethods->xTruncate(self.real, size);
}

void play(Bytes& content, const FaultDisk::Pending& change, std::size_t length) {
  if (!change.data) {
    content.resize(change.offset);
    return;
  }
  if (content.size() < change.offset + length) content.resize(change.offset + length);
  std::copy_n(change.data->begin(), length, content.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

int sync(sqlite3_file* file, int) {
  auto& self = handle(file);
  auto& known = self.disk->file(*self.path);
  if (const int code = self.disk->before(false, true); code != SQLITE_OK) {
    // The kernel marked the pages clean: nobody will write them again. Who died before asking loses nothing by it.
    if (code == SQLITE_IOERR_FSYNC) known.pending.clear();
    return code;
  }
  self.disk->synced(known);
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return handle(file).real->pMethods->xFileSize(handle(file).real, size);
}
int lock(sqlite3_file* file, int level) { return handle(file).real->pMethods->xLock(handle(file).real, level); }
int unlock(sqlite3_file* file, int level) { return handle(file).real->pMethods->xUnlock(handle(file).real, level); }
int check_lock(sqlite3_file* file, int* out) {
  return handle(file).real->pMethods->xCheckReservedLock(handle(file).real, out);
}
int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 4096; }
int characteristics(sqlite3_file*) { return 0; }

// Version 1: no shared memory and no mmap. The journal promises not to need them.
constexpr sqlite3_io_methods methods{
    1,           close,           read,    write,   truncate, sync,    file_size, lock,   unlock, check_lock, control,
    sector_size, characteristics, nullptr, nullptr, nullptr,  nullptr, nullptr,   nullptr};

FaultDisk& disk_of(sqlite3_vfs* vfs) { return *static_cast<FaultDisk*>(vfs->pAppData); }

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto& self = handle(file);
  self.disk = &disk_of(vfs);
  self.real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(Handle));
  self.path = new std::string(name);
  auto* real_vfs = system_vfs();
  const int code = real_vfs->xOpen(real_vfs, name, self.real, flags, out_flags);
  self.base.pMethods = code == SQLITE_OK ? &methods : nullptr;
  if (code != SQLITE_OK) {
    delete self.path;
    return code;
  }
  self.disk->opened(*self.path);
  return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  if (const int code = disk_of(vfs).before(false, false); code != SQLITE_OK) return code;
  auto* real = system_vfs();
  const int code = real->xDelete(real, name, sync_directory);
  if (code == SQLITE_OK) disk_of(vfs).removed(name, sync_directory != 0);
  return code;
}

std::uint64_t next_number() {
  static std::uint64_t number = 0;
  return ++number;
}

}  // namespace

FaultDisk::FaultDisk() : name_("fault-disk-" + std::to_string(next_number())), vfs_(new sqlite3_vfs(*system_vfs())) {
  vfs_->zName = name_.c_str();
  vfs_->pNext = nullptr;
  vfs_->pAppData = this;
  vfs_->szOsFile = static_cast<int>(sizeof(Handle)) + system_vfs()->szOsFile;
  vfs_->xOpen = open;
  vfs_->xDelete = remove;
  sqlite3_vfs_register(vfs_, 0);
}

FaultDisk::~FaultDisk() {
  sqlite3_vfs_unregister(vfs_);
  delete vfs_;
}

void FaultDisk::arm(Fault fault, std::uint64_t at) {
  fault_ = fault;
  countdown_ = at;
  struck_ = false;
}

int FaultDisk::before(bool write, bool sync) {
  ++changes_;
  const bool concerned = fault_ == Fault::crash || (fault_ == Fault::sync_error && sync) ||
                         ((fault_ == Fault::full || fault_ == Fault::write_error) && write);
  if (!concerned) return SQLITE_OK;
  if (!struck_ && --countdown_ > 0) return SQLITE_OK;
  const bool first = !struck_;
  struck_ = true;
  switch (fault_) {
    case Fault::crash:
      return SQLITE_IOERR;
    case Fault::full:
      return space_is_back_ && space_is_back_() ? SQLITE_OK : SQLITE_FULL;
    case Fault::sync_error:
      return first ? SQLITE_IOERR_FSYNC : SQLITE_OK;
    case Fault::write_error:
      return first ? SQLITE_IOERR_WRITE : SQLITE_OK;
    case Fault::none:
      break;
  }
  return SQLITE_OK;
}

void FaultDisk::opened(const std::string& path) {
  const bool unknown = !files_.contains(path);
  auto& known = files_[path];
  if (unknown && std::filesystem::file_size(path) > 0) {  // it was there before this disk was
    std::ifstream in(path, std::ios::binary);
    known.durable = Bytes(std::istreambuf_iterator<char>(in), {});
  }
  if (!known.deleted) return;
  known.deleted = false;
  known.pending = {{0, std::nullopt}};
}

void FaultDisk::synced(File& file) {
  if (!file.durable) std::erase_if(files_, [](const auto& entry) { return entry.second.deleted; });
  auto content = file.durable.value_or(Bytes{});
  for (const auto& change : file.pending) play(content, change, change.data ? change.data->size() : 0);
  file.durable = std::move(content);
  file.pending.clear();
}

void FaultDisk::removed(const std::string& path, bool durable) {
  files_[path].deleted = true;
  files_[path].pending.clear();
  if (durable) std::erase_if(files_, [](const auto& entry) { return entry.second.deleted; });
}

void FaultDisk::lose_power(Survivors survivors) {
  for (auto& [path, known] : files_) {
    auto content = known.durable.value_or(Bytes{});
    bool exists = known.durable.has_value();
    for (std::size_t i = 0; i < known.pending.size(); ++i) {
      const auto& change = known.pending[i];
      const bool last = i + 1 == known.pending.size();
      const bool kept = survivors == Survivors::all || (survivors == Survivors::every_other && i % 2 == 0) ||
                        survivors == Survivors::torn;
      if (!kept) continue;
      const auto whole = change.data ? change.data->size() : 0;
      play(content, change, survivors == Survivors::torn && last ? whole / 2 : whole);
      exists = true;
    }
    known.pending.clear();
    if (known.deleted && survivors != Survivors::none) exists = false;  // the deletion itself survived
    known.deleted = false;
    if (!exists) {
      known.durable.reset();
      std::filesystem::remove(path);
      continue;
    }
    known.durable = content;
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  }
  arm(Fault::none, 0);
}

}  // namespace lockstep::crash
