// Calls parsers of libraries, whose arguments are C++, and catches what they throw.
//
// std::vector and std::string are written out as libstdc++ has them since GCC 5: so it needs no C++ library but to catch,
// which RSNVDS_CATCH asks for. Without that, as in builds for old systems, an exception ends the process.
//
// Source: the prototypes and layouts of DeepStream 5.0 to 9.1.
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef RSNVDS_CATCH
#include <exception>
#endif

namespace {

enum Outcome { PARSED = 0, REFUSED = 1, THREW = 2, OTHER_SIZE = 3 };

// std::vector: begin, end, end of the memory.
template <typename T> struct Vector {
    T *begin;
    T *end;
    T *memory_end;

    size_t bytes() const noexcept { return static_cast<size_t>(end - begin) * sizeof(T); }
    size_t memory() const noexcept { return static_cast<size_t>(memory_end - begin) * sizeof(T); }
};

template <typename T> Vector<T> vector(T *first, size_t count) noexcept {
    return Vector<T>{first, first + count, first + count};
}

void release(void *memory) noexcept {
#ifdef RSNVDS_CATCH
    ::operator delete(memory);
#else
    free(memory);
#endif
}

// What `new float[]` allocated.
void release_array(float *memory) noexcept {
#ifdef RSNVDS_CATCH
    delete[] memory;
#else
    free(memory);
#endif
}

// A list of records whose size only the parser knows, which allocates it.
struct List : Vector<unsigned char> {
    List() noexcept : Vector{nullptr, nullptr, nullptr} {}
    List(const List &) = delete;
    List &operator=(const List &) = delete;
    ~List() { release(begin); }

    bool has(size_t size) const noexcept { return bytes() % size == 0 && memory() % size == 0; }
};

// std::string.
struct Text {
    char *text;
    size_t length;
    char own[16];

    Text() noexcept : text(own), length(0), own{} {}
    Text(const Text &) = delete;
    Text &operator=(const Text &) = delete;
    ~Text() {
        if (text != own)
            release(text);
    }
};

// NvDsInferLayerInfo.
struct Layer {
    unsigned int data_type;
    unsigned int dim_count;
    unsigned int dims[8];
    unsigned int elements;
    int binding;
    const char *name;
    void *buffer;
    int is_input;
};

// NvDsInferNetworkInfo.
struct Network {
    unsigned int width;
    unsigned int height;
    unsigned int channels;
};

// NvDsInferParseDetectionParams. The last one is a reference to the first list.
struct Params {
    unsigned int classes;
    Vector<const float> before_clustering;
    Vector<const float> after_clustering;
    Vector<const float> *threshold;
};

// NvDsInferInstanceMaskInfo.
struct Masked {
    unsigned int class_id;
    float sides[4];
    float confidence;
    float *mask;
    unsigned int mask_width;
    unsigned int mask_height;
    unsigned int mask_size;
};

// NvDsInferAttribute.
struct Attribute {
    unsigned int index;
    unsigned int value;
    float confidence;
    char *label;
};

static_assert(sizeof(Layer) == 72 && offsetof(Layer, name) == 48 && offsetof(Layer, buffer) == 56, "NvDsInferLayerInfo");
static_assert(sizeof(Params) == 64 && offsetof(Params, threshold) == 56, "NvDsInferParseDetectionParams");
static_assert(sizeof(Masked) == 48 && offsetof(Masked, mask) == 24, "NvDsInferInstanceMaskInfo");
static_assert(sizeof(Attribute) == 24 && offsetof(Attribute, label) == 16, "NvDsInferAttribute");
static_assert(sizeof(Vector<float>) == 24 && sizeof(Text) == 32, "std::vector and std::string");

// What a parser gets.
struct Input {
    Layer *layers;
    size_t layer_count;
    Network network;
    unsigned int classes;
    const float *before_clustering;
    size_t before_count;
    const float *after_clustering;
    size_t after_count;
};

// Where what is found goes to: functions of the caller, who copies.
struct Sink {
    void *to;
    // A record, and how many bytes of it are there.
    void (*record)(void *to, const void *record, size_t size);
    void (*text)(void *to, const char *text, size_t length);
};

// Text for the caller, cut to its room.
struct Message {
    char *text;
    size_t room;
};

using Layers = Vector<Layer>;
using ParseObjects = bool (*)(const Layers &, const Network &, const Params &, List &);
using ParseAttributes = bool (*)(const Layers &, const Network &, float, List &, Text &);
using ParseSegments = bool (*)(const Layers &, const Network &, float, unsigned int, int *, float *&);

void say(const Message *message, const char *text) noexcept {
    size_t length = strlen(text);
    if (length >= message->room)
        length = message->room - 1;
    memcpy(message->text, text, length);
    message->text[length] = '\0';
}

// Runs a call; what it throws becomes a message.
template <typename Run> int caught(const Message *message, Run run) noexcept {
#ifdef RSNVDS_CATCH
    try {
        return run();
    } catch (const std::exception &error) {
        say(message, error.what());
    } catch (...) {
        say(message, "what is thrown is no std::exception");
    }
    return THREW;
#else
    (void)message;
    return run();
#endif
}

void push(const Sink *sink, const List &list, size_t size) noexcept {
    for (const unsigned char *record = list.begin; record != list.end; record += size)
        sink->record(sink->to, record, size);
}

bool run_objects(ParseObjects parse, const Input *input, List &list) {
    Params params{input->classes, vector(input->before_clustering, input->before_count),
                  vector(input->after_clustering, input->after_count), nullptr};
    params.threshold = &params.before_clustering;
    return parse(vector(input->layers, input->layer_count), input->network, params, list);
}

// Whether another object before has the same mask.
bool freed_before(const Masked *first, const Masked *object) noexcept {
    while (first != object && first->mask != object->mask)
        first++;
    return first != object;
}

} // namespace

extern "C" {

// Opens a library for good; NULL with the loader's message. `lazy`: what it lacks is missed when it is called.
void *rsnvds_parser_open(const char *path, int lazy, const Message *message) noexcept {
    void *library = dlopen(path, (lazy ? RTLD_LAZY : RTLD_NOW) | RTLD_LOCAL);
    if (library == nullptr) {
        const char *error = dlerror();
        say(message, error == nullptr ? "no reason given" : error);
    }
    return library;
}

void *rsnvds_parser_symbol(void *library, const char *name) noexcept { return dlsym(library, name); }

// Boxes. `size` is that of a record, 24 or 28: the one that is expected, and then the one that the list has.
int rsnvds_parser_objects(ParseObjects parse, const Input *input, size_t *size, const Sink *sink,
                          const Message *message) noexcept {
    return caught(message, [&]() -> int {
        List list;
        if (!run_objects(parse, input, list))
            return REFUSED;
        const size_t other = 24 + 28 - *size;
        if (!list.has(*size)) {
            if (!list.has(other))
                return OTHER_SIZE;
            *size = other;
        }
        push(sink, list, *size);
        return PARSED;
    });
}

// Boxes with masks, which the parser allocated by new[] and are freed here.
int rsnvds_parser_masked(ParseObjects parse, const Input *input, const Sink *sink, const Message *message) noexcept {
    return caught(message, [&]() -> int {
        List list;
        if (!run_objects(parse, input, list))
            return REFUSED;
        if (!list.has(sizeof(Masked)))
            return OTHER_SIZE;
        push(sink, list, sizeof(Masked));
        Masked *const first = reinterpret_cast<Masked *>(list.begin);
        Masked *const end = reinterpret_cast<Masked *>(list.end);
        for (Masked *object = end; object != first;) {
            object--;
            if (!freed_before(first, object))
                release_array(object->mask);
        }
        return PARSED;
    });
}

// Attributes, whose labels the parser allocated by malloc and are freed here, and the text of all of them.
int rsnvds_parser_attributes(ParseAttributes parse, const Input *input, float threshold, const Sink *sink,
                             const Message *message) noexcept {
    return caught(message, [&]() -> int {
        List list;
        Text text;
        if (!parse(vector(input->layers, input->layer_count), input->network, threshold, list, text))
            return REFUSED;
        if (!list.has(sizeof(Attribute)))
            return OTHER_SIZE;
        push(sink, list, sizeof(Attribute));
        sink->text(sink->to, text.text, text.length);
        Attribute *const end = reinterpret_cast<Attribute *>(list.end);
        for (Attribute *attribute = reinterpret_cast<Attribute *>(list.begin); attribute != end; attribute++)
            free(attribute->label);
        return PARSED;
    });
}

// A class for each pixel in `map`, which has the network's size; `probabilities` is what the parser leaves there.
int rsnvds_parser_segments(ParseSegments parse, const Input *input, float threshold, int *map, float **probabilities,
                           const Message *message) noexcept {
    return caught(message, [&]() -> int {
        *probabilities = nullptr;
        const Layers layers = vector(input->layers, input->layer_count);
        return parse(layers, input->network, threshold, input->classes, map, *probabilities) ? PARSED : REFUSED;
    });
}
}
