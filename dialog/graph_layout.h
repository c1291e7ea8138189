// Where boxes and lines of a drawing go: in layers from top to bottom, lines downwards where they
// can be, crossing each other little. After Sugiyama. Deterministic, and quick for thousands of
// boxes that make a flow: nothing in it grows faster than the square of a layer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace dialog {

struct Point {
  double x = 0, y = 0;
};

struct Box {
  double width = 0, height = 0;
  double x = 0, y = 0;  // Set: its upper left corner
};

struct Wire {
  std::size_t from = 0, to = 0;              // Indices of boxes
  double label_width = 0, label_height = 0;  // 0: it has none
  std::vector<Point> points = {};            // Set: from the box it leaves to the one it reaches
  Point label = {};                          // Set: the middle of its label
};

struct Extent {
  double width = 0, height = 0;
};

// The first box is the top. Everything lies within the extent, which begins at 0, 0.
Extent lay_out(std::vector<Box>& boxes, std::vector<Wire>& wires);

}  // namespace dialog
