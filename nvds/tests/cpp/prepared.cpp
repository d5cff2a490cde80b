// Reads what nvdspreprocess attaches as C++ code of DeepStream does: with the containers of the C++ library. The structs are
// this project's own, of the facts in nvds/src/prepared/raw.rs.

#include <cstdint>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

struct Tensor {
  void *buffer;
  std::uint64_t buffer_size;
  std::vector<int> shape;
  std::uint32_t data_type;
  std::string name;
  std::uint32_t gpu_id;
  void *private_data;
  std::uint32_t meta_id;
  int maintain_aspect_ratio;
};

// RECT is how many bytes a box has, TAIL how many follow it.
struct Roi {
  float left, top, width, height;
  char rest_of_box[RECT - 16];
  char polygon[64];
  void *converted, *frame;
  double ratio_x, ratio_y, offset_left, offset_top;
  char lists[TAIL - 64 - 48];
};

struct Batch {
  std::vector<std::uint64_t> ids;
  Tensor *tensor;
  std::vector<Roi> rois;
  void *private_data;
};

// Writes into `text` what it read, as far as that goes. Returns whether the frame of each region is `frame`.
extern "C" int read_prepared(const Batch *batch, const void *frame, char *text, std::size_t size) {
  // As a reader that keeps it: copies come from the reader's own heap.
  const std::vector<std::uint64_t> ids = batch->ids;
  const std::vector<Roi> rois = batch->rois;
  const std::string name = batch->tensor->name;
  const std::vector<int> shape = batch->tensor->shape;
  std::ostringstream out;
  for (auto id : ids) out << id << ' ';
  out << '"' << name << "\" " << name.size() << " [";
  for (auto side : shape) out << side << ' ';
  out << "] " << batch->tensor->buffer_size << " bytes of type " << batch->tensor->data_type;
  bool same = true;
  for (const auto &roi : rois) {
    out << '\n' << roi.left << ' ' << roi.top << ' ' << roi.width << ' ' << roi.height << ' ' << roi.ratio_x << ' '
        << roi.ratio_y << ' ' << roi.offset_left << ' ' << roi.offset_top;
    same = same && roi.frame == frame;
  }
  std::strncpy(text, out.str().c_str(), size - 1);
  text[size - 1] = 0;
  return same;
}
