#include <fmt/format.h>

#include <algorithm>

#include "adapters/notify/sink.hpp"
#include "app/cli/operating.hpp"
#include "runtime/wall_clock.hpp"
#include "settings/check.hpp"

namespace lockstep::app {
namespace {

/// Sends one message now, past the daemon and its outbox; exit 69 if it was not taken.
Exit notify_test(Session& session, const std::string& id) {
  Exit failed{};
  const auto settings = session.all_settings(failed);
  if (!settings) return failed;
  const auto& sinks = settings->outlets.sinks;
  const auto config = std::ranges::find_if(sinks, [&](const auto& one) { return one.id == id; });
  if (config == sinks.end()) {
    std::vector<std::string> known;
    known.reserve(sinks.size());
    for (const auto& one : sinks) known.push_back(one.id);
    return session.fail(
        {"notify sink \"" + id + "\" is not configured", "[[notify]]", {}, settings::suggestion(id, known)},
        Exit::file_missing);
  }
  const auto sink = notify::make_sink(*config);
  if (!sink) return session.fail(sink.error(), Exit::bad_config);
  const auto now_ms = runtime::wall_ms();
  const auto sent =
      notify::deliver(*sink, notify::test_message(settings->loaded.config.service_name, now_ms), now_ms / 1000);
  if (!sent) {
    return session.fail({"the message was not taken", "notify sink " + id, sent.error().why,
                         sent.error().for_good ? "check its url, key and addresses" : "try again later"},
                        Exit::unreachable);
  }
  return session.result(
      {{"schema", "lockstep.notify-test/1"}, {"sink", id}, {"type", config->type}, {"delivered", true}},
      fmt::format("{} took a message", id));
}

}  // namespace

void add_notify(CLI::App& app, Session& session, Verb& verb) {
  auto* notify = app.add_subcommand("notify", "who is told of what happens")->require_subcommand(1)->fallthrough();
  const auto id = std::make_shared<std::string>();
  auto* test = notify->add_subcommand("test", "send one message to a sink now")->fallthrough();
  test->add_option("SINK", *id)->required();
  test->callback([&session, &verb, id] { verb = [&session, id] { return notify_test(session, *id); }; });
}

}  // namespace lockstep::app
