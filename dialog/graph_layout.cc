#include "dialog/graph_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dialog {

namespace {

constexpr double margin = 24;
constexpr double gap_across = 28;     // Between neighbours of a layer
constexpr double gap_down = 34;       // Between layers
constexpr double port_distance = 26;  // Between lines that leave a box
constexpr double loop_size = 26;      // Of a line back to its own box
constexpr int order_sweeps = 12;
constexpr int place_sweeps = 24;

// A box, or a place where a long line goes through a layer.
struct Vertex {
  std::size_t box = 0;
  bool passes = false;
  int layer = 0;
  double width = 0, height = 0;
  double x = 0;  // Of its middle
  std::vector<std::size_t> up, down;
};

class Layout {
 public:
  Layout(std::vector<Box>& boxes, std::vector<Wire>& wires) : boxes_(boxes), wires_(wires) {}

  Extent lay_out() {
    for (std::size_t i = 0; i < boxes_.size(); ++i) {
      Vertex vertex;
      vertex.box = i;
      vertex.width = boxes_[i].width;
      vertex.height = boxes_[i].height;
      vertices_.push_back(vertex);
    }
    turn_loops();
    rank();
    split_long();
    order();
    place();
    return draw();
  }

 private:
  bool is_own_loop(std::size_t wire) const { return wires_[wire].from == wires_[wire].to; }
  // The ends as the layers see them: from above to below.
  std::size_t upper(std::size_t wire) const {
    return back_[wire] ? wires_[wire].to : wires_[wire].from;
  }
  std::size_t lower(std::size_t wire) const {
    return back_[wire] ? wires_[wire].from : wires_[wire].to;
  }

  // Lines that lead back to where a walk from the top has come from go upwards.
  void turn_loops() {
    back_.assign(wires_.size(), false);
    std::vector<std::vector<std::size_t>> out(boxes_.size());
    for (std::size_t i = 0; i < wires_.size(); ++i) {
      if (!is_own_loop(i)) out[wires_[i].from].push_back(i);
    }
    enum class State { fresh, open, done };
    std::vector<State> states(boxes_.size(), State::fresh);
    struct Visit {
      std::size_t box, next;
    };
    for (std::size_t root = 0; root < boxes_.size(); ++root) {
      if (states[root] != State::fresh) continue;
      std::vector<Visit> way{{root, 0}};
      states[root] = State::open;
      while (!way.empty()) {
        Visit& top = way.back();
        if (top.next == out[top.box].size()) {
          states[top.box] = State::done;
          finished_.push_back(top.box);
          way.pop_back();
          continue;
        }
        const std::size_t wire = out[top.box][top.next++];
        const std::size_t to = wires_[wire].to;
        if (states[to] == State::open) back_[wire] = true;
        if (states[to] == State::fresh) {
          states[to] = State::open;
          way.push_back({to, 0});
        }
      }
    }
  }

  // A label needs a layer of its own between the two.
  int length(std::size_t wire) const { return wires_[wire].label_width > 0 ? 2 : 1; }

  void rank() {
    std::vector<std::vector<std::size_t>> out(boxes_.size());
    for (std::size_t i = 0; i < wires_.size(); ++i) {
      if (!is_own_loop(i)) out[upper(i)].push_back(i);
    }
    for (auto box = finished_.rbegin(); box != finished_.rend(); ++box) {
      for (const std::size_t wire : out[*box]) {
        int& layer = vertices_[lower(wire)].layer;
        layer = std::max(layer, vertices_[*box].layer + length(wire));
      }
    }
  }

  void connect(std::size_t above, std::size_t below) {
    vertices_[above].down.push_back(below);
    vertices_[below].up.push_back(above);
  }

  void split_long() {
    ways_.resize(wires_.size());
    for (std::size_t i = 0; i < wires_.size(); ++i) {
      if (is_own_loop(i)) continue;
      const int first = vertices_[upper(i)].layer;
      const int last = vertices_[lower(i)].layer;
      const int label_layer = back_[i] ? last - 1 : first + 1;
      ways_[i].push_back(upper(i));
      for (int layer = first + 1; layer < last; ++layer) {
        Vertex vertex;
        vertex.passes = true;
        vertex.layer = layer;
        if (layer == label_layer) {
          vertex.width = wires_[i].label_width;
          vertex.height = wires_[i].label_height;
        }
        vertices_.push_back(vertex);
        ways_[i].push_back(vertices_.size() - 1);
      }
      ways_[i].push_back(lower(i));
      for (std::size_t k = 1; k < ways_[i].size(); ++k) connect(ways_[i][k - 1], ways_[i][k]);
    }
  }

  // ---- the order in each layer ----

  void order() {
    int last = 0;
    for (const Vertex& vertex : vertices_) last = std::max(last, vertex.layer);
    layers_.resize(static_cast<std::size_t>(last) + 1);
    // As a walk from the top meets them.
    std::vector<bool> seen(vertices_.size(), false);
    for (std::size_t root = 0; root < vertices_.size(); ++root) {
      std::vector<std::size_t> open{root};
      while (!open.empty()) {
        const std::size_t at = open.back();
        open.pop_back();
        if (seen[at]) continue;
        seen[at] = true;
        layers_[static_cast<std::size_t>(vertices_[at].layer)].push_back(at);
        open.insert(open.end(), vertices_[at].down.rbegin(), vertices_[at].down.rend());
      }
    }
    std::vector<std::vector<std::size_t>> best = layers_;
    std::size_t fewest = crossings();
    for (int sweep = 0; sweep < order_sweeps && fewest > 0; ++sweep) {
      const bool downwards = sweep % 2 == 0;
      for (std::size_t k = 1; k < layers_.size(); ++k) {
        sort_layer(downwards ? k : layers_.size() - 1 - k, downwards);
      }
      if (const std::size_t now = crossings(); now < fewest) {
        fewest = now;
        best = layers_;
      }
    }
    layers_ = std::move(best);
    number_places();
  }

  void number_places() {
    places_.resize(vertices_.size());
    for (const auto& layer : layers_) {
      for (std::size_t i = 0; i < layer.size(); ++i) places_[layer[i]] = i;
    }
  }

  void sort_layer(std::size_t layer, bool downwards) {
    number_places();
    std::vector<std::pair<double, std::size_t>> keyed;
    for (const std::size_t at : layers_[layer]) {
      const auto& near = downwards ? vertices_[at].up : vertices_[at].down;
      double sum = 0;
      for (const std::size_t other : near) sum += static_cast<double>(places_[other]);
      keyed.emplace_back(
          near.empty() ? static_cast<double>(places_[at]) : sum / static_cast<double>(near.size()),
          at);
    }
    std::stable_sort(keyed.begin(), keyed.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < keyed.size(); ++i) layers_[layer][i] = keyed[i].second;
  }

  std::size_t crossings() {
    number_places();
    std::size_t count = 0;
    for (const auto& layer : layers_) {
      std::vector<std::size_t> ends;  // In the order of their beginnings
      for (const std::size_t at : layer) {
        std::vector<std::size_t> of_one;
        for (const std::size_t below : vertices_[at].down) of_one.push_back(places_[below]);
        std::sort(of_one.begin(), of_one.end());
        ends.insert(ends.end(), of_one.begin(), of_one.end());
      }
      for (std::size_t i = 0; i < ends.size(); ++i) {
        for (std::size_t k = i + 1; k < ends.size(); ++k) count += ends[i] > ends[k] ? 1 : 0;
      }
    }
    return count;
  }

  // ---- places across ----

  static double distance(const Vertex& left, const Vertex& right) {
    return (left.width + right.width) / 2 + gap_across;
  }

  void place() {
    for (const auto& layer : layers_) {
      for (std::size_t i = 1; i < layer.size(); ++i) {
        vertices_[layer[i]].x =
            vertices_[layer[i - 1]].x + distance(vertices_[layer[i - 1]], vertices_[layer[i]]);
      }
    }
    for (int sweep = 0; sweep < place_sweeps; ++sweep) {
      const bool downwards = sweep % 2 == 0;
      for (std::size_t k = 0; k < layers_.size(); ++k) {
        place_layer(layers_[downwards ? k : layers_.size() - 1 - k], downwards, sweep);
      }
    }
  }

  // Where a vertex would like to be: in the middle of those it is connected to. Long lines want to
  // be straight more than boxes want to be centred.
  double wanted(const Vertex& vertex, bool downwards, int sweep) const {
    const bool both = sweep >= place_sweeps / 2;
    double sum = 0;
    double weight = 0;
    const auto add = [&](const std::vector<std::size_t>& near) {
      for (const std::size_t other : near) {
        const double w = vertex.passes && vertices_[other].passes ? 8 : vertex.passes ? 2 : 1;
        sum += w * vertices_[other].x;
        weight += w;
      }
    };
    if (both || downwards) add(vertex.up);
    if (both || !downwards) add(vertex.down);
    return weight > 0 ? sum / weight : vertex.x;
  }

  // The places nearest to those wanted that keep the order and the distances: neighbours that would
  // overlap are moved as one block, to the mean of what they want.
  void place_layer(const std::vector<std::size_t>& layer, bool downwards, int sweep) {
    struct Block {
      double sum = 0;
      std::size_t count = 0;
      double mean() const { return sum / static_cast<double>(count); }
    };
    std::vector<Block> blocks;
    std::vector<double> offsets;
    double offset = 0;
    for (std::size_t i = 0; i < layer.size(); ++i) {
      if (i > 0) offset += distance(vertices_[layer[i - 1]], vertices_[layer[i]]);
      offsets.push_back(offset);
      blocks.push_back({wanted(vertices_[layer[i]], downwards, sweep) - offset, 1});
      while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() > blocks.back().mean()) {
        const Block last = blocks.back();
        blocks.pop_back();
        blocks.back().sum += last.sum;
        blocks.back().count += last.count;
      }
    }
    std::size_t i = 0;
    for (const Block& block : blocks) {
      for (std::size_t k = 0; k < block.count; ++k, ++i) {
        vertices_[layer[i]].x = block.mean() + offsets[i];
      }
    }
  }

  // ---- the picture ----

  Extent draw() {
    double left = std::numeric_limits<double>::max();
    double right = std::numeric_limits<double>::lowest();
    for (const Vertex& vertex : vertices_) {
      left = std::min(left, vertex.x - vertex.width / 2);
      right = std::max(right, vertex.x + vertex.width / 2);
    }
    if (vertices_.empty()) left = right = 0;
    double y = margin;
    for (const auto& layer : layers_) {
      double height = 0;
      for (const std::size_t at : layer) height = std::max(height, vertices_[at].height);
      tops_.push_back(y);
      heights_.push_back(height);
      y += height + gap_down;
    }
    for (Vertex& vertex : vertices_) vertex.x += margin - left;
    for (const Vertex& vertex : vertices_) {
      if (vertex.passes) continue;
      const auto layer = static_cast<std::size_t>(vertex.layer);
      Box& box = boxes_[vertex.box];
      box.x = vertex.x - box.width / 2;
      box.y = tops_[layer] + (heights_[layer] - box.height) / 2;
    }
    for (std::size_t i = 0; i < wires_.size(); ++i) draw_wire(i);
    spread_ends(true);
    spread_ends(false);
    return {right - left + 2 * margin + loop_size, y - gap_down + margin};
  }

  void draw_wire(std::size_t index) {
    Wire& wire = wires_[index];
    wire.points.clear();
    if (is_own_loop(index)) return draw_own_loop(wire);
    for (const std::size_t at : ways_[index]) {
      const Vertex& vertex = vertices_[at];
      const auto layer = static_cast<std::size_t>(vertex.layer);
      if (!vertex.passes) {
        const Box& box = boxes_[vertex.box];
        wire.points.push_back({vertex.x, at == upper(index) ? box.y + box.height : box.y});
        continue;
      }
      wire.points.push_back({vertex.x, tops_[layer]});
      wire.points.push_back({vertex.x, tops_[layer] + heights_[layer]});
      if (vertex.width > 0) wire.label = {vertex.x, tops_[layer] + heights_[layer] / 2};
    }
    if (back_[index]) std::reverse(wire.points.begin(), wire.points.end());
  }

  void draw_own_loop(Wire& wire) const {
    const Box& box = boxes_[wire.from];
    const double right = box.x + box.width;
    const double middle = box.y + box.height / 2;
    wire.points = {{right, middle + 8},
                   {right + loop_size, middle + 8},
                   {right + loop_size, middle - 8},
                   {right, middle - 8}};
    wire.label = {right + loop_size, middle};
  }

  // Lines that leave (or reach) a box on one side get places of their own there.
  void spread_ends(bool below) {
    std::vector<std::vector<std::pair<double, Point*>>> ends(boxes_.size());
    for (std::size_t i = 0; i < wires_.size(); ++i) {
      std::vector<Point>& points = wires_[i].points;
      if (is_own_loop(i) || points.size() < 2) continue;
      const bool at_front = below != back_[i];
      Point& end = at_front ? points.front() : points.back();
      const Point& next = at_front ? points[1] : points[points.size() - 2];
      ends[below ? upper(i) : lower(i)].emplace_back(next.x, &end);
    }
    for (std::size_t box = 0; box < boxes_.size(); ++box) {
      auto& all = ends[box];
      std::stable_sort(all.begin(), all.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      const auto count = static_cast<double>(all.size());
      const double step = std::min(port_distance, boxes_[box].width / (count + 1));
      for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].second->x += (static_cast<double>(i) - (count - 1) / 2) * step;
      }
    }
  }

  std::vector<Box>& boxes_;
  std::vector<Wire>& wires_;
  std::vector<Vertex> vertices_;  // The boxes first
  std::vector<bool> back_;        // Wires that go upwards
  std::vector<std::size_t> finished_;
  std::vector<std::vector<std::size_t>> ways_;    // Of a wire, from above to below
  std::vector<std::vector<std::size_t>> layers_;  // Vertices from left to right
  std::vector<std::size_t> places_;
  std::vector<double> tops_, heights_;
};

}  // namespace

Extent lay_out(std::vector<Box>& boxes, std::vector<Wire>& wires) {
  return Layout(boxes, wires).lay_out();
}

}  // namespace dialog
