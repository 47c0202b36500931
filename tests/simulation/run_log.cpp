#include "tests/simulation/run_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>

namespace lockstep::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* schema = "lockstep.simulation-part.v1";

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw BadLog("cannot read the log " + file.string() + ": does it exist?");
  return {std::istreambuf_iterator<char>(in), {}};
}

Part part_of(const std::string& line, const std::string& where) {
  const auto refuse = [&](const std::string& why) {
    return BadLog(where + " is no part of a run: " + why + "; name a log that simulation --log wrote");
  };
  Part part;
  try {
    const auto json = Json::parse(line);
    if (json.at("schema") != schema) throw refuse("its schema is not " + std::string(schema));
    part.from = json.at("from").get<std::uint64_t>();
    part.to = json.at("to").get<std::uint64_t>();
    part.program = json.at("program").get<std::string>();
    part.wall_s = json.at("wall_s").get<double>();
    part.cpu_s = json.at("cpu_s").get<double>();
    if (!part.figures.merge(json.at("figures").dump())) throw refuse("its figures are not whole");
  } catch (const Json::exception& error) {
    throw refuse(error.what());
  }
  if (part.to < part.from || part.figures.seeds() != part.to - part.from + 1)
    throw refuse("it does not hold as many seeds as it names");
  return part;
}

std::vector<Part> parts_of(const std::string& text, const std::filesystem::path& file) {
  std::vector<Part> parts;
  for (std::size_t at = 0, end = text.find('\n'); end != std::string::npos; at = end + 1, end = text.find('\n', at))
    parts.push_back(part_of(text.substr(at, end - at), file.string() + " line " + std::to_string(parts.size() + 1)));
  return parts;
}

std::string range(std::uint64_t from, std::uint64_t to) { return std::to_string(from) + ".." + std::to_string(to); }

}  // namespace

std::vector<Part> read_log(const std::filesystem::path& file) { return parts_of(read_file(file), file); }

std::uint64_t resume_log(const std::filesystem::path& file, std::uint64_t from, std::uint64_t to,
                         const std::string& program) {
  if (!std::filesystem::exists(file)) return from;
  const auto text = read_file(file);
  auto next = from;
  for (const auto& part : parts_of(text, file)) {
    if (part.from != next || part.to > to) {
      throw BadLog(file.string() + " has seeds " + range(part.from, part.to) + " where a run of " + range(from, to) +
                   " has " + std::to_string(next) + "; give each range its own log");
    }
    if (part.program != program) {
      throw BadLog(file.string() + " is of the program \"" + part.program + "\", this is \"" + program +
                   "\"; finish it with that one, or begin another log");
    }
    next = part.to + 1;
  }
  const auto end = text.rfind('\n');
  const auto whole = end == std::string::npos ? 0 : end + 1;
  if (whole != text.size()) std::filesystem::resize_file(file, whole);
  return next;
}

void append_log(const std::filesystem::path& file, const Part& part) {
  Json json{{"schema", schema},      {"program", part.program},       {"from", part.from},
            {"to", part.to},         {"seeds", part.figures.seeds()}, {"violations", part.figures.violations().size()},
            {"wall_s", part.wall_s}, {"cpu_s", part.cpu_s},           {"figures", Json::parse(part.figures.encode())}};
  const auto line = json.dump() + "\n";
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  bool done = out >= 0;
  for (std::size_t at = 0; done && at < line.size();) {
    const auto wrote = ::write(out, line.data() + at, line.size() - at);
    done = wrote > 0;
    if (done) at += static_cast<std::size_t>(wrote);
  }
  done = done && ::fsync(out) == 0;
  const std::string why = std::strerror(errno);
  if (out >= 0) ::close(out);
  if (!done) throw BadLog("cannot write the log " + file.string() + ": " + why + "; make room, and start it again");
}

Figures sum_logs(const std::vector<std::filesystem::path>& files, std::ostream& out) {
  std::vector<Part> parts;
  for (const auto& file : files) std::ranges::move(read_log(file), std::back_inserter(parts));
  std::ranges::sort(parts, {}, &Part::from);
  Figures all;
  double wall_s = 0, cpu_s = 0;
  std::string ranges;
  for (std::size_t i = 0, first = 0; i < parts.size(); ++i) {
    const auto& part = parts[i];
    if (i > 0 && part.from <= parts[i - 1].to)
      throw BadLog("seed " + std::to_string(part.from) + " is in the logs twice; leave one of them out");
    if (part.program != parts[0].program)
      throw BadLog("the logs are of two programs, \"" + parts[0].program + "\" and \"" + part.program +
                   "\"; add up those of one");
    all.merge(part.figures.encode());
    wall_s += part.wall_s;
    cpu_s += part.cpu_s;
    if (i + 1 < parts.size() && parts[i + 1].from == part.to + 1) continue;
    ranges.append(" ").append(range(parts[first].from, part.to));
    first = i + 1;
  }
  out << "seeds" << ranges << " by \"" << (parts.empty() ? "" : parts[0].program) << "\" in " << parts.size()
      << " parts, trace " << to_hex(all.trace()) << "\n";
  all.print(out, wall_s, cpu_s);
  return all;
}

}  // namespace lockstep::sim
