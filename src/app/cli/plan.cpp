#include <memory>

#include "app/cli/plan_new.hpp"
#include "app/cli/verbs.hpp"

namespace lockstep::app {
namespace {

struct PlanArguments {
  std::string target, reason, until = "closed_new", key, passphrase_file;
  bool yes = false, proposal = false, markdown = false, safe = false;
  SafeOptions batch = {};
};

void add_safe(CLI::App& render, CLI::Option* proposal, const std::shared_ptr<PlanArguments>& args) {
  auto* safe =
      render.add_flag("--safe-tx-builder", args->safe, "the batch of one chain for the Safe's Transaction Builder")
          ->excludes(proposal);
  render.add_option("--chain", args->batch.chain, "of which chain; needed if the plan has several")->needs(safe);
  render.add_option("--delay", args->batch.delay_s, "seconds that a timelock between Safe and gate is given")
      ->needs(safe);
  render.add_flag("--execute", args->batch.execute, "the batch that executes what another one scheduled")->needs(safe);
}

void add_new(CLI::App& plan, Session& session, Verb& verb) {
  const auto wanted = std::make_shared<NewPlan>();
  auto* sub =
      plan.add_subcommand("new", "a first plan, from the protocol file and what its chains answer")->fallthrough();
  sub->add_option("FILE", wanted->file, "written anew, never over another")->capture_default_str();
  sub->add_option("--protocol", wanted->protocol, "its name in the protocol file")->required();
  sub->add_option("--impl", wanted->implementations, "CHAIN=0x…, the new implementation; once per chain")
      ->allow_extra_args(false);
  sub->add_option("--contract", wanted->contract, "what is upgraded; needed if the protocol has several proxies");
  sub->add_option("--name", wanted->name, "of the upgrade; default: upgrade-EPOCH");
  sub->add_option("--halt-at", wanted->halt_at, "a time, or how long from now")->capture_default_str();
  sub->add_option("--init", wanted->init, "call data of the migration")->capture_default_str();
  sub->add_option("--to-version", wanted->to_version, "default: one more than what runs");
  sub->callback([&session, &verb, wanted] { verb = [&session, wanted] { return plan_new(session, *wanted); }; });
}

}  // namespace

void add_plan(CLI::App& app, Session& session, Verb& verb) {
  auto* plan = app.add_subcommand("plan", "plans: check, render, submit, follow, verify")->require_subcommand(1);
  const auto args = std::make_shared<PlanArguments>();
  const auto add = [&](const char* name, const char* help, const char* target, std::function<Exit()> run) {
    auto* sub = plan->add_subcommand(name, help)->fallthrough();
    if (target != nullptr) sub->add_option(target, args->target)->required();
    sub->callback([&verb, run = std::move(run)] { verb = run; });
    return sub;
  };
  plan->fallthrough();
  add_new(*plan, session, verb);
  add("lint", "check a plan file completely, offline", "FILE",
      [&session, args] { return plan_lint(session, args->target); });
  add("hash", "print the plan hash of a file", "FILE", [&session, args] { return plan_hash(session, args->target); });
  auto* render = add("render", "write the page a signer checks", "FILE", [&session, args] {
    if (args->safe) return plan_safe_batch(session, args->target, args->batch);
    return plan_render(session, args->target, args->proposal ? Page::proposal : Page::markdown);
  });
  auto* proposal = render->add_flag("--proposal", args->proposal, "the governance proposal per chain instead");
  render->add_flag("--md", args->markdown, "Markdown, which is the default")->excludes(proposal);
  add_safe(*render, proposal, args);
  add("simulate", "run the switch and the rollback on each chain's state without a transaction; exit 12 if one fails",
      "FILE", [&session, args] { return plan_simulate(session, args->target); });
  auto* sign = add("sign", "approve a plan with one of the configured keys, for people to keep", "FILE",
                   [&session, args] { return plan_sign(session, args->target, args->key, args->passphrase_file); });
  sign->add_option("--key", args->key, "id of a [[signer]]")->required();
  sign->add_option("--passphrase-file", args->passphrase_file, "instead of where the config says");
  auto* submit = add("submit", "give a plan to the daemon", "FILE",
                     [&session, args] { return plan_submit(session, args->target, args->yes); });
  submit->add_flag("--yes", args->yes, "do not ask");
  add("list", "all plans the daemon knows", nullptr, [&session] { return plan_list(session); });
  add("show", "one plan", "ID", [&session, args] { return plan_show(session, args->target); });
  add("explain", "what a plan waits on, and every check that is not green", "ID",
      [&session, args] { return plan_explain(session, args->target); });
  auto* watch = add("watch", "follow a plan; --timeout limits the wait", "ID",
                    [&session, args] { return plan_watch(session, args->target, args->until); });
  watch->add_option("--until", args->until, "stage to wait for")->capture_default_str();
  for (const char* command : {"hold", "resume", "abort", "halt"}) {
    const std::string help =
        command == std::string_view("halt")
            ? "halt every instance now (HALT_NOW) and want the old version; f+1 operators are needed"
            : "tell the daemon, by its admin socket";
    auto* sub = add(command, help.c_str(), "ID", [&session, args, command] {
      return plan_command(session, command, args->target, args->reason, args->yes);
    });
    auto* reason = sub->add_option("--reason", args->reason, "kept in the journal");
    if (std::string{command} != "resume") reason->required();
    sub->add_flag("--yes", args->yes, "do not ask");
  }
  add("verify", "re-read the chains for an ID or FILE and trust nothing local; exit 12 if they are not as planned",
      "TARGET", [&session, args] { return plan_verify(session, args->target); });
}

}  // namespace lockstep::app
