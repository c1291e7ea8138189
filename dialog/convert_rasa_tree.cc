// Stories and rules, put together by where they begin.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/convert_rasa.h"

namespace dialog::rasa {

namespace {

using Kind = Item::Kind;

class Sorter {
 public:
  Sorter(Converting& converting, const Domain& domain) : converting_(converting), domain_(domain) {}

  Sorted sort(const std::vector<Path>& paths) {
    for (const Path& path : paths) {
      const auto first = first_intent(path, 0);
      if (!first) continue;
      const std::string& intent = path.items[*first].name;
      if (intent != "affirm" && intent != "deny") starters_.insert(intent);
    }
    for (const Path& path : paths) sort_in(path);
    return std::move(out_);
  }

 private:
  static std::optional<std::size_t> first_intent(const Path& path, std::size_t from) {
    for (std::size_t i = from; i < path.items.size(); ++i) {
      if (path.items[i].is(Kind::intent)) return i;
    }
    return std::nullopt;
  }

  bool is_form(const std::string& name) const { return domain_.form_infos.count(name) != 0; }

  void lose(const Mark& mark, std::string why) {
    converting_.warn("not_carried_over", mark, std::move(why));
  }

  static std::string where(const Path& path) {
    return fmt::format("{} '{}' ({}:{})", path.is_rule ? "rule" : "story", path.name,
                       path.mark.file, path.mark.line);
  }

  void begin(const Path& path, const std::vector<Item>& items) {
    const std::string& intent = items.front().name;
    Beginning& beginning = out_.beginnings[intent];
    const std::string from = where(path);
    if (std::find(beginning.from.begin(), beginning.from.end(), from) == beginning.from.end()) {
      beginning.from.push_back(from);
      beginning.marks.push_back(path.mark);
    }
    if (beginning.about.empty() && path.is_rule) beginning.about = path.name;
    Node* node = &beginning.root;
    for (std::size_t i = 1; i < items.size(); ++i) {
      // The customer's next wish is one that is heard anywhere: it is not a part of this.
      if (items[i].is(Kind::intent) && starters_.count(items[i].name)) {
        const std::vector<Item> rest(items.begin() + static_cast<std::ptrdiff_t>(i), items.end());
        return begin(path, rest);
      }
      node = &node->child(items[i], path.is_rule);
    }
  }

  void add_to(Node& root, const std::vector<Item>& items, bool is_rule) {
    Node* node = &root;
    for (const Item& item : items) node = &node->child(item, is_rule);
  }

  // Where a form runs, what customers say in between is a beginning of its own; where it has ended,
  // the path goes on.
  void sort_in(const Path& path) {
    std::vector<Item> main, aside, before;  // `before`: conditions ahead of the first intent
    std::string loop = path.loop;
    bool in_aside = false, submits = false;
    std::size_t at = 0;
    const auto end_aside = [&] {
      if (!aside.empty()) begin(path, aside);
      aside.clear();
      in_aside = false;
    };
    if (!loop.empty() && !is_form(loop)) {
      return lose(path.mark, fmt::format("no form is called '{}'", loop));
    }
    for (; at < path.items.size(); ++at) {
      const Item& item = path.items[at];
      if (item.is(Kind::slots) && main.empty() && loop.empty()) {
        before.push_back(item);
      } else if (item.is(Kind::loop)) {
        if (item.name.empty()) {
          const bool was_running = !loop.empty();
          if (in_aside && !aside.empty() && aside.back().name == "action_deactivate_loop") {
            loop.clear();
            continue;  // What is said afterwards belongs to the cancellation.
          }
          if (was_running && main.empty() && !in_aside) {
            submits = true;
            submitted_ = path.loop;
          }
          loop.clear();
        }
      } else if (item.is(Kind::action) && is_form(item.name)) {
        if (in_aside) {
          end_aside();  // The form goes on by itself.
        } else if (loop.empty()) {
          main.push_back(item);
        }
        loop = item.name;
      } else if (in_aside) {
        aside.push_back(item);
      } else if (!loop.empty() && item.is(Kind::intent)) {
        in_aside = true;
        aside.push_back(item);
      } else if (!loop.empty() && !submits && item.is(Kind::slots)) {
        continue;  // That the form has filled.
      } else if (!loop.empty()) {
        lose(item.mark, fmt::format("what is done while the form '{}' runs is left out; the flow "
                                    "of that name asks its questions by itself",
                                    loop));
      } else {
        main.push_back(item);
        if (item.is(Kind::intent) && !before.empty()) {
          main.insert(main.end(), before.begin(), before.end());
          before.clear();
        }
      }
    }
    end_aside();
    if (submits) {
      add_to(out_.submissions[submitted_], main, path.is_rule);
      out_.submitted_from[submitted_].push_back(where(path));
      return;
    }
    if (main.empty()) return;
    if (main.front().is(Kind::intent) && main.front().name != "session_start")
      return begin(path, main);
    if (path.opens || main.front().is(Kind::intent)) {
      const std::size_t skip = main.front().is(Kind::intent) ? 1 : 0;
      add_to(out_.opening, {main.begin() + static_cast<std::ptrdiff_t>(skip), main.end()},
             path.is_rule);
      out_.opening_from.push_back(where(path));
      return;
    }
    const auto intent = first_intent(path, 0);
    lose(path.mark,
         "nothing that a customer says begins this; what comes before the first intent "
         "is left out");
    if (!intent) return;
    begin(path, {path.items.begin() + static_cast<std::ptrdiff_t>(*intent), path.items.end()});
  }

  Converting& converting_;
  const Domain& domain_;
  Sorted out_;
  std::set<std::string> starters_;  // Intents that are heard anywhere
  std::string submitted_;           // The form whose end the path tells
};

}  // namespace

Sorted sort_paths(Converting& converting, const Domain& domain, const std::vector<Path>& paths) {
  return Sorter(converting, domain).sort(paths);
}

}  // namespace dialog::rasa
