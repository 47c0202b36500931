#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "app/cli/operating.hpp"

// Completions and the manual page, made from the verbs themselves: neither can say what is not there.
namespace lockstep::app {
namespace {

using Visit = std::function<void(const std::string& path, const CLI::App& app)>;

void each_verb(const CLI::App& app, const std::string& path, const Visit& visit) {
  visit(path, app);
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    each_verb(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), visit);
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const auto* option : app.get_options([](const CLI::Option* o) { return o->nonpositional(); })) {
    for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
    for (const auto& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

std::string words_after(const CLI::App& app, const CLI::App& root) {
  std::string words;
  const auto add = [&words](const std::string& word) { words += (words.empty() ? "" : " ") + word; };
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) add(sub->get_name());
  for (const auto& flag : flags_of(app)) add(flag);
  if (&app != &root) {
    for (const auto& flag : flags_of(root)) {
      if (flag != "--help" && flag != "-h") add(flag);
    }
  }
  return words;
}

/// The verb that was typed so far is the words before the cursor that name subcommands.
std::string bash(const CLI::App& root) {
  std::string verbs, cases;
  each_verb(root, "", [&](const std::string& path, const CLI::App& app) {
    if (!path.empty()) verbs += fmt::format("\"{}\" ", path);
    cases += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, words_after(app, root));
  });
  return "_lockstep() {\n"
         "  local word path= words=\n"
         "  local verbs=(" +
         verbs +
         ")\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    local next=\"${path:+$path }$word\" verb\n"
         "    for verb in \"${verbs[@]}\"; do [ \"$verb\" = \"$next\" ] && path=$next; done\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _lockstep lockstep\n";
}

std::string zsh(const CLI::App& root) {
  return "#compdef lockstep\nautoload -U +X bashcompinit && bashcompinit\n" + bash(root);
}

std::string quoted(std::string text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
  return out + "'";
}

std::string fish(const CLI::App& root) {
  std::string out =
      "function __lockstep_at\n"
      "  set -l words (commandline -opc)\n"
      "  set -e words[1]\n"
      "  set -l plain (string match -v -- '-*' $words)\n"
      "  test \"$plain\" = \"$argv\"\n"
      "end\n"
      "complete -c lockstep -f\n";
  each_verb(root, "", [&](const std::string& path, const CLI::App& app) {
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
      out += fmt::format("complete -c lockstep -n {} -a {} -d {}\n", quoted("__lockstep_at " + path), sub->get_name(),
                         quoted(sub->get_description()));
    for (const auto* option : app.get_options([](const CLI::Option* o) { return o->nonpositional(); })) {
      for (const auto& name : option->get_lnames())
        out += fmt::format("complete -c lockstep{} -l {} -d {}\n",
                           path.empty() ? "" : " -n " + quoted("__lockstep_at " + path), name,
                           quoted(option->get_description()));
    }
  });
  return out;
}

std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string option_roff(const CLI::Option& option) {
  return ".TP\n\\fB" + roff(option.get_name(false, true)) + "\\fR\n" + roff(option.get_description()) + "\n";
}

/// lockstep(1): every verb and flag, then the exit codes.
std::string man(const CLI::App& root) {
  std::string out = ".TH LOCKSTEP 1 \"\" \"lockstep " LOCKSTEP_VERSION "\" \"Lockstep\"\n.SH NAME\nlockstep \\- " +
                    roff(root.get_description()) +
                    "\n.SH SYNOPSIS\n\\fBlockstep\\fR [\\fIflags\\fR] \\fIverb\\fR …\n.SH FLAGS\n";
  for (const auto* option : root.get_options([](const CLI::Option* o) { return o->nonpositional(); }))
    out += option_roff(*option);
  out += ".SH VERBS\n";
  each_verb(root, "", [&](const std::string& path, const CLI::App& app) {
    if (path.empty() || !app.get_subcommands([](const CLI::App*) { return true; }).empty()) return;
    std::string positionals;
    for (const auto* option : app.get_options([](const CLI::Option* o) { return o->get_positional(); }))
      positionals += " \\fI" + roff(option->get_name(true)) + "\\fR";
    out += ".SS \"" + roff(path) + "\"\n\\fB" + roff(path) + "\\fR" + positionals + "\n.br\n" +
           roff(app.get_description()) + "\n";
    for (const auto* option : app.get_options([](const CLI::Option* o) { return o->nonpositional(); })) {
      if (option->get_lnames() != std::vector<std::string>{"help"}) out += option_roff(*option);
    }
  });
  out += ".SH EXIT STATUS\n";
  const std::vector<std::pair<Exit, const char*>> codes{
      {Exit::ok, "done"},
      {Exit::unexpected, "something unexpected"},
      {Exit::not_reached, "a condition was not reached in time"},
      {Exit::closed_old, "the plan closed OLD, was refused or is frozen"},
      {Exit::drift, "chains or a report are not as they should be"},
      {Exit::unhealthy, "not healthy"},
      {Exit::usage, "wrong usage"},
      {Exit::bad_document, "bad plan or protocol file"},
      {Exit::file_missing, "file or name not found"},
      {Exit::unreachable, "not reachable"},
      {Exit::bug, "a bug"},
      {Exit::cannot_create, "cannot create"},
      {Exit::io, "input or output failed"},
      {Exit::try_later, "try later"},
      {Exit::not_allowed, "not allowed"},
      {Exit::bad_config, "bad configuration"}};
  for (const auto& [exit, meaning] : codes) out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", code(exit), meaning);
  return out;
}

}  // namespace

void add_completions(CLI::App& app, Session& session, Verb& verb) {
  const auto shell = std::make_shared<std::string>();
  auto* sub =
      app.add_subcommand("completions", "for your shell: source what it prints; or the manual page")->fallthrough();
  sub->add_option("SHELL", *shell, "bash, zsh, fish or man")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish", "man"}));
  sub->callback([&app, &session, &verb, shell] {
    verb = [&app, &session, shell] {
      const auto text = *shell == "bash"   ? bash(app)
                        : *shell == "zsh"  ? zsh(app)
                        : *shell == "fish" ? fish(app)
                                           : man(app);
      return session.result({{"schema", "lockstep.completions/1"}, {"shell", *shell}, {"text", text}}, text);
    };
  });
}

}  // namespace lockstep::app
