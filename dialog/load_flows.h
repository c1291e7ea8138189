// Reads one flow. Internal to the loader.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dialog/draft.h"

namespace dialog {

class FlowReader {
 public:
  // Both are kept by reference for the reader's life.
  FlowReader(Draft& draft, Flow& flow) : draft_(draft), flow_(flow) {}

  void read(const Yaml& node);

 private:
  struct Pending {
    std::size_t step = 0;
    std::size_t branch = 0;
    std::string name;
    Mark mark;
  };

  void read_heading(const Yaml& node);
  void read_triggers(const Yaml& node);

  // Appends the list's steps, each followed by those nested under it; the index of the first.
  std::optional<std::size_t> lay_out(const Yaml& list, int depth);
  std::optional<std::size_t> lay_out_step(const Yaml& node, bool last, int depth);
  void read_next(const Yaml& next, std::size_t index, int depth);
  bool read_branch(const Yaml& item, std::size_t index, int depth, bool after_else);
  void add_branch(std::size_t index, Branch branch);
  void lead_to(const Yaml& node, std::size_t index, int depth);
  void resolve_targets();
  std::vector<std::string> author_ids() const;

  // Sets the step's id and what it does (load_steps.cc).
  void read_step(const Yaml& node, std::size_t index, bool last);
  void read_id(const Yaml& node, std::size_t index, std::string_view kind);
  void read_action(const Yaml& node, std::size_t index);
  void read_collect(const Yaml& step, const Yaml& node, std::size_t index);
  void read_collect_type(const Yaml& step, Collect& collect);
  void read_collect_limits(const Yaml& step, Collect& collect);
  void read_rejections(const Yaml& node, std::size_t index, Collect& collect);
  void read_set_slots(const Yaml& node, std::size_t index);
  void read_http(const Yaml& node, std::size_t index);
  void read_http_request(const Yaml& node, Http& http);
  void read_http_result(const Yaml& node, Http& http);
  void read_on_error(const Yaml& node, std::size_t index, Http& http);
  void read_handover(const Yaml& node, std::size_t index);
  void read_flow_name(const Yaml& node, std::string& flow, std::string_view what);
  // A response's name or its wording, written in place; -1: the step's, else the rejection's.
  std::string read_utter(const Yaml& node, std::size_t index, int rejection);

  Draft& draft_;
  Flow& flow_;
  std::vector<Pending> pending_;
  bool is_full_ = false;
};

}  // namespace dialog
