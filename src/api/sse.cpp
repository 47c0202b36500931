#include "api/sse.hpp"

#include <algorithm>

#include "api/json.hpp"

namespace lockstep::api {
namespace {

bool passes(const view::JournalLine& line, const StreamFilter& filter) {
  return (!filter.plan || line.plan == *filter.plan) && (filter.chain.empty() || line.chain == filter.chain);
}

void add(StreamBatch& batch, const view::JournalLine& line, const StreamFilter& filter) {
  if (line.seq <= batch.cursor) return;
  batch.cursor = line.seq;
  if (passes(line, filter)) batch.wire += sse_event(line);
}

}  // namespace

std::string sse_event(const view::JournalLine& line) {
  // JSON on one line: no line feed can be in it.
  return "id: " + std::to_string(line.seq) + "\nevent: journal\ndata: " + dump(line_json(line)) + "\n\n";
}

StreamBatch next_batch(const view::Snapshot& snapshot, std::uint64_t cursor, const StreamFilter& filter) {
  StreamBatch batch{.wire = {}, .cursor = cursor};
  if (cursor >= snapshot.seq) return batch;
  if (snapshot.recent.empty() || snapshot.recent.front().seq > cursor + 1) {
    batch.fell_behind = true;
    return batch;
  }
  const auto first = std::partition_point(snapshot.recent.begin(), snapshot.recent.end(),
                                          [&](const auto& line) { return line.seq <= cursor; });
  for (auto at = first; at != snapshot.recent.end(); ++at) add(batch, *at, filter);
  return batch;
}

StreamBatch batch_of(std::span<const view::JournalLine> page, std::uint64_t cursor, const StreamFilter& filter) {
  StreamBatch batch{.wire = {}, .cursor = cursor};
  for (const auto& line : page) add(batch, line, filter);
  return batch;
}

}  // namespace lockstep::api
