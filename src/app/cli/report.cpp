#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/operating.hpp"
#include "app/report/report.hpp"

// The signed account of one upgrade: fetched, shown, and checked without asking anybody.
namespace lockstep::app {
namespace {

using nlohmann::json;

struct ReportArguments {
  std::string id, format = "md", file, signer;
};

Exit show(Session& session, const ReportArguments& args) {
  Exit failed{};
  const auto http = client(session, false, failed);
  if (!http) return failed;
  const auto report = fetch(session, http->get("/api/v1/plans/" + args.id + "/report"), failed);
  if (!report) return failed;
  if (session.flags.json || args.format == "json") return session.result(*report, report->dump(2));
  return session.result(*report, args.format == "html" ? report_html(*report) : report_markdown(*report));
}

/// Exit 12 if anything in it does not hold.
Exit verify(Session& session, const ReportArguments& args) {
  std::ifstream file(args.file, std::ios::binary);
  if (!file)
    return session.fail({"cannot read " + args.file, {}, {}, "name the JSON form of a report"}, Exit::file_missing);
  std::ostringstream text;
  text << file.rdbuf();
  std::optional<Address> signer;
  if (!args.signer.empty()) {
    signer = fixed_from_hex<Address>(args.signer);
    if (!signer)
      return session.fail({"--signer is not an address", "--signer", {}, "write 0x and 40 digits"}, Exit::usage);
  }
  const auto checks = verify_report(json::parse(text.str(), nullptr, false), signer);
  if (!checks) return session.fail(checks.error(), Exit::bad_document);
  bool good = true;
  json rows = json::array();
  std::string shown;
  for (const auto& check : *checks) {
    good = good && check.ok;
    rows.push_back({{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}});
    shown += fmt::format("{:<5} {:<13} {}\n", check.ok ? "ok" : "BAD", check.name, check.detail);
  }
  shown += good ? "the report holds\n" : "the report does not hold\n";
  const auto written = session.result({{"schema", "lockstep.report-verify/1"}, {"ok", good}, {"checks", rows}}, shown);
  return written != Exit::ok || good ? written : Exit::drift;
}

}  // namespace

void add_report(CLI::App& app, Session& session, Verb& verb) {
  const auto args = std::make_shared<ReportArguments>();
  auto* report =
      app.add_subcommand("report", "the signed account of one upgrade; report verify FILE checks one offline")
          ->fallthrough();
  report->require_subcommand(0, 1);
  report->add_option("ID", args->id, "the plan");
  report->add_option("--format", args->format, "md, html or json")
      ->check(CLI::IsMember({"md", "html", "json"}))
      ->capture_default_str();
  auto* check = report
                    ->add_subcommand("verify",
                                     "signature, hash chain, facts and signatures of a JSON report; exit 12 "
                                     "if one does not hold")
                    ->fallthrough();
  check->add_option("FILE", args->file)->required();
  check->add_option("--signer", args->signer, "who must have signed it; else any operator of the plan");
  check->callback([&session, &verb, args] { verb = [&session, args] { return verify(session, *args); }; });
  report->callback([&session, &verb, args, check] {
    if (check->parsed()) return;
    if (args->id.empty()) throw CLI::RequiredError("ID of a plan");
    verb = [&session, args] { return show(session, *args); };
  });
}

}  // namespace lockstep::app
