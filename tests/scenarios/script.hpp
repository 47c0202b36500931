#pragma once
// Golden scripts: lines that begin at the margin are what happens, indented lines below are what the coordinator makes
// of it
// ("+" a record, ">" an effect). README.md lists the words.
#include <string>
#include <vector>

namespace lockstep::coordinator::test {

struct Played {
  std::string text;                   // the script with what really happened under each line
  std::vector<std::string> problems;  // broken invariants, and lines that make no sense
};

Played play(const std::string& script);

}  // namespace lockstep::coordinator::test
