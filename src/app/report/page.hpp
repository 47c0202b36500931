#pragma once
// A report as headings, paragraphs and tables, before it is Markdown or HTML. Text is plain; the writers escape it.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lockstep::app {

struct PageBlock {
  std::string heading;    // of a section; empty: none
  std::string paragraph;  // empty: none
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

struct Page {
  std::string title;
  std::vector<PageBlock> blocks;
};

Page page_of(const nlohmann::json& report);

}  // namespace lockstep::app
