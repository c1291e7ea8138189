// Steps of a flow, from what comes after one another in stories and rules. Internal to
// convert_rasa().
#pragma once

#include <string>
#include <vector>

#include "dialog/convert_rasa.h"

namespace dialog::rasa {

// The flow that the steps are for.
struct Writing {
  std::string flow;
  bool cancels = false;  // Its steps end a form that runs below it.
};

// Borrows all three; what the steps need beside the domain goes to `flows`.
class StepWriter {
 public:
  StepWriter(Converting& converting, const Domain& domain, Flows& flows)
      : converting_(converting), domain_(domain), flows_(flows) {}

  // What comes below `node`, as a list.
  Yaml steps_of(const Node& node, Writing& writing, int depth = 0);
  // The same, behind `steps`.
  void follow(const Node& node, Writing& writing, int depth, Yaml& steps);

 private:
  void lose(const Mark& mark, std::string why);
  bool is_form(const std::string& name) const { return domain_.form_infos.count(name) != 0; }
  void act(const Item& item, Writing& writing, Yaml& steps);
  void branch_on_slots(const std::vector<const Node*>& conditions,
                       const std::vector<const Node*>& intents,
                       const std::vector<const Node*>& actions, Writing& writing, int depth,
                       Yaml& steps);
  Yaml question_for(const Node& first, const std::vector<const Node*>& conditions, Yaml branches);
  void branch_on_intents(const std::vector<const Node*>& intents, Writing& writing, int depth,
                         Yaml& steps);
  std::string new_slot(const std::string& flow, bool is_yes_or_no,
                       const std::vector<std::string>& intents);

  Converting& converting_;
  const Domain& domain_;
  Flows& flows_;
};

// "END" where there are no steps.
Yaml or_end(Yaml steps);

}  // namespace dialog::rasa
