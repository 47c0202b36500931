#include "app/cli/event_stream.hpp"

namespace lockstep::app {
namespace {

void add_line(StreamEvent& event, std::string_view line) {
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "id") event.id = value;
  if (name == "event") event.type = value;
  if (name == "data") event.data.append(event.data.empty() ? "" : "\n").append(value);
}

}  // namespace

std::vector<StreamEvent> EventStream::feed(std::string_view piece) {
  buffer_.append(piece);
  std::vector<StreamEvent> events;
  std::size_t begin = 0;
  for (auto end = buffer_.find("\n\n"); end != std::string::npos; end = buffer_.find("\n\n", begin)) {
    StreamEvent event;
    std::string_view block(buffer_.data() + begin, end - begin);
    while (!block.empty()) {
      const auto line = block.substr(0, block.find('\n'));
      add_line(event, line);
      block.remove_prefix(std::min(block.size(), line.size() + 1));
    }
    if (!event.data.empty()) events.push_back(std::move(event));
    begin = end + 2;
  }
  buffer_.erase(0, begin);
  return events;
}

}  // namespace lockstep::app
