// Reads one flow. Internal to the loader.
#pragma once

#include <chrono>
#include <map>
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
    bool is_branch = true;  // else `branch` is a number as target_of() takes it
  };

  void read_heading(const Yaml& node);
  void read_triggers(const Yaml& node);

  // Branches that lead to whatever comes after their step, once that is known.
  struct End {
    std::size_t step = 0;
    std::size_t branch = 0;
  };
  using Ends = std::vector<End>;

  // Appends the list's steps, each followed by those nested under it; the index of the first.
  // `ends` gets those that lead beyond the list.
  std::optional<std::size_t> lay_out(const Yaml& list, int depth, Ends& ends);
  std::optional<std::size_t> lay_out_step(const Yaml& node, bool last, int depth, Ends& ends);
  void lead_on(const Ends& ends, std::size_t step);
  // The steps of a list within a step whose end leads back to it or beyond it, rather than to END.
  std::optional<std::size_t> lay_out_within(const Yaml& list, int depth, Ends& ends);
  // `next` where it is written, else one end.
  void read_what_follows(const Yaml& node, std::size_t index, int depth, Ends& ends);
  void read_next(const Yaml& next, std::size_t index, int depth);
  bool read_branch(const Yaml& item, std::size_t index, int depth, bool after_else);
  // A step's id, END, or steps of its own, as the target of what a step has beside its branches.
  void read_target(const Yaml& node, int depth, std::size_t index, std::size_t slot);
  Target* target_of(std::size_t index, std::size_t slot);
  void add_branch(std::size_t index, Branch branch);
  void lead_to(const Yaml& node, std::size_t index, int depth);
  void resolve_targets();
  std::vector<std::string> author_ids() const;

  // Sets the step's id and what it does (load_steps.cc).
  void read_step(const Yaml& node, std::size_t index, bool last, int depth, Ends& ends);
  // `kind`: the table of the step's kind; nullptr: it has none.
  void check_step_keys(const Yaml& node, const Keys* kind);
  void read_id(const Yaml& node, std::size_t index, std::string_view kind);
  void read_action(const Yaml& node, std::size_t index);
  void read_collect(const Yaml& step, const Yaml& node, std::size_t index);
  void read_collect_type(const Yaml& step, Collect& collect);
  void read_collect_limits(const Yaml& step, Collect& collect);
  void read_rejections(const Yaml& node, std::size_t index, Collect& collect);
  void read_set_slots(const Yaml& node, std::size_t index);
  void read_http(const Yaml& node, std::size_t index);
  void read_http_request(const Yaml& node, Http& http);
  void read_on_error(const Yaml& node, std::size_t index, std::vector<OnError>& on_error);
  void read_handover(const Yaml& node, std::size_t index);
  void read_set(const Yaml& node, std::size_t index);
  void read_wait(const Yaml& node, std::size_t index, int depth);
  void read_remind(const Yaml& node, std::size_t index);
  void read_foreach(const Yaml& step, const Yaml& node, std::size_t index, int depth);
  void read_switch(const Yaml& step, const Yaml& node, std::size_t index, int depth, Ends& ends);
  void read_split(const Yaml& step, const Yaml& node, std::size_t index, int depth, Ends& ends);
  void read_try(const Yaml& step, const Yaml& node, std::size_t index, int depth, Ends& ends);
  void read_feedback(const Yaml& step, const Yaml& node, std::size_t index, int depth, Ends& ends);
  // One more step of the flow, that nobody wrote: "<index>_<kind>".
  std::size_t add_step(const Mark& mark, std::string_view kind);
  // What comes after a step that has steps of its own: `next` where it is written, else what
  // follows.
  void close_block(const Yaml& step, const Ends& block, int depth, Ends& ends);
  bool read_arm(const Yaml& item, std::size_t index, int depth, Ends& block);
  std::map<std::string, std::string> read_result(const Yaml& node);
  std::optional<std::chrono::milliseconds> read_duration(const Yaml& node, std::string_view what);
  void read_flow_name(const Yaml& node, std::string& flow, std::string_view what);
  // A response's name or its wording, written in place; -1: the step's, else the rejection's.
  std::string read_utter(const Yaml& node, std::size_t index, int rejection);

  Draft& draft_;
  Flow& flow_;
  std::vector<Pending> pending_;
  Ends* nested_ends_ = nullptr;  // Of lists within branches; nullptr: they lead to END.
  bool is_full_ = false;
};

}  // namespace dialog
