// All that is C++ about a parser: its arguments are std::vector. No exception leaves.
#include "parser.h"

#include <cstdint>
#include <cstring>

namespace {

enum Outcome { APPENDED = 0, OTHER_SIZE = 1, NO_MEMORY = 2 };

// Whether a vector's memory is that of whole objects. One that never held any says nothing.
template <typename Object> bool holds(const std::vector<Object> &objects) noexcept {
    std::uintptr_t ends[3];
    static_assert(sizeof ends == sizeof objects, "begin, end and end of the memory");
    std::memcpy(ends, &objects, sizeof ends);
    return ends[0] <= ends[1] && ends[1] <= ends[2] && (ends[1] - ends[0]) % sizeof(Object) == 0 &&
           (ends[2] - ends[0]) % sizeof(Object) == 0;
}

template <typename Object>
int append(std::vector<Object> &objects, const Object *more, std::size_t count) noexcept {
    if (!holds(objects))
        return OTHER_SIZE;
    try {
        objects.insert(objects.end(), more, more + count);
        return APPENDED;
    } catch (...) {
        return NO_MEMORY;
    }
}

} // namespace

extern "C" {

void rsnvds_custom_read(const std::vector<Layer> *layers, const Network *network, const Params *params,
                        Call *call) noexcept {
    call->layers = layers->data();
    call->layer_count = layers->size();
    call->thresholds = params->before_clustering.data();
    call->threshold_count = params->before_clustering.size();
    call->classes = params->classes;
    call->width = network->width;
    call->height = network->height;
}

int rsnvds_custom_append24(std::vector<Object24> *objects, const Object24 *more, std::size_t count) noexcept {
    return append(*objects, more, count);
}

int rsnvds_custom_append28(std::vector<Object28> *objects, const Object28 *more, std::size_t count) noexcept {
    return append(*objects, more, count);
}
}
