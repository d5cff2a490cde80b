// A library of parsers as people build them, for the tests of the stand-ins: with ANGLE its objects are those of
// DeepStream 9.0, else of the releases before.
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

struct Dims {
    unsigned int count;
    unsigned int sizes[8];
    unsigned int elements;
};

struct Layer {
    int type;
    Dims dims;
    int binding;
    const char *name;
    void *buffer;
    int is_input;
};

struct Network {
    unsigned int width, height, channels;
};

struct Params {
    unsigned int classes;
    std::vector<float> before;
    std::vector<float> after;
    std::vector<float> &threshold;
};

struct Object {
    unsigned int class_id;
    float left, top, width, height, confidence;
#ifdef ANGLE
    float angle;
#endif
};

struct Masked {
    unsigned int class_id;
    float left, top, width, height, confidence;
    float *mask;
    unsigned int mask_width, mask_height, mask_size;
};

struct Attribute {
    unsigned int index, value;
    float confidence;
    char *label;
};

using Layers = std::vector<Layer>;

#define PARSER extern "C" bool

// Rows of class, left, top, width, height, confidence.
PARSER NvDsInferParseTestRows(const Layers &layers, const Network &, const Params &, std::vector<Object> &objects) {
    const float *row = static_cast<const float *>(layers.at(0).buffer);
    for (unsigned int n = 0; n < layers[0].dims.sizes[0]; n++, row += 6) {
        Object object{};
        object.class_id = static_cast<unsigned int>(row[0]);
        object.left = row[1];
        object.top = row[2];
        object.width = row[3];
        object.height = row[4];
        object.confidence = row[5];
#ifdef ANGLE
        object.angle = 0.5f;
#endif
        objects.push_back(object);
    }
    return true;
}

// What the parser gets, in the fields of objects.
PARSER NvDsInferParseTestEcho(const Layers &layers, const Network &network, const Params &params,
                              std::vector<Object> &objects) {
    const auto say = [&](float a, float b, float c, float d, float e) {
        Object object{};
        object.left = a;
        object.top = b;
        object.width = c;
        object.height = d;
        object.confidence = e;
        objects.push_back(object);
    };
    say(network.width, network.height, network.channels, params.classes, layers.size());
    say(params.before.size(), params.after.size(), &params.threshold == &params.before, params.before.at(1),
        params.after.empty() ? -1 : params.after.at(1));
    for (Layer layer : layers) {
        say(layer.type, layer.dims.count, layer.dims.elements, layer.binding, layer.is_input);
        say(std::strlen(layer.name), layer.dims.sizes[0], layer.dims.sizes[1], layer.dims.sizes[2], 0);
        // Stock lets parsers write here.
        std::memset(layer.buffer, 0, 4);
    }
    return true;
}

PARSER NvDsInferParseTestOtherClass(const Layers &, const Network &, const Params &, std::vector<Object> &objects) {
    Object object{};
    object.class_id = 4000000000u;
    object.width = object.height = 4;
    object.confidence = 0.9f;
    objects.assign(3, object);
    objects[1].class_id = 1;
#ifdef ANGLE
    // As where it is left unset.
    objects[2].angle = 1e20f;
#endif
    return true;
}

PARSER NvDsInferParseTestFalse(const Layers &, const Network &, const Params &, std::vector<Object> &objects) {
    objects.resize(5);
    return false;
}

PARSER NvDsInferParseTestThrows(const Layers &, const Network &, const Params &, std::vector<Object> &objects) {
    objects.resize(5);
    throw std::runtime_error("no such anchor");
}

PARSER NvDsInferParseTestThrowsNumber(const Layers &, const Network &, const Params &, std::vector<Object> &) {
    throw 7;
}

// A list of something else.
PARSER NvDsInferParseTestOddSize(const Layers &, const Network &, const Params &, std::vector<Object> &objects) {
    reinterpret_cast<std::vector<char> &>(objects).resize(11);
    return true;
}

PARSER NvDsInferParseTestMasks(const Layers &, const Network &, const Params &, std::vector<Masked> &objects) {
    for (unsigned int n = 0; n < 3; n++) {
        Masked object{n % 2, 1, 2, 3, 4, 0.5f, nullptr, 3, 2, 0};
        if (n < 2) {
            object.mask = n == 0 ? new float[6] : objects[0].mask;
            object.mask_size = 6 * sizeof(float);
            for (int value = 0; value < 6; value++)
                object.mask[value] = value;
        }
        objects.push_back(object);
    }
    return true;
}

// The first attribute has a label of its own, a long one; the others have that of the file, if it has one.
PARSER NvDsInferParseTestClasses(const Layers &layers, const Network &, float threshold,
                                 std::vector<Attribute> &attributes, std::string &text) {
    const std::string label = "a label that is longer than a short text";
    attributes.push_back({0, 7, threshold, strdup(label.c_str())});
    attributes.push_back({0, 1, 0.75f, nullptr});
    attributes.push_back({static_cast<unsigned int>(layers.size()), 99, 0.5f, nullptr});
    text = label + " ";
    return true;
}

PARSER NvDsInferParseTestSegments(const Layers &layers, const Network &network, float threshold, unsigned int classes,
                                  int *map, float *&probabilities) {
    for (unsigned int pixel = 0; pixel + 1 < network.width * network.height; pixel++)
        map[pixel] = pixel % classes;
    map[0] = static_cast<int>(threshold * 100);
    probabilities = static_cast<float *>(layers.at(0).buffer);
    return true;
}

PARSER NvDsInferParseTestFarProbabilities(const Layers &, const Network &, float, unsigned int, int *,
                                          float *&probabilities) {
    static float own[4];
    probabilities = own;
    return true;
}

bool NvDsInferParseTestMangled(const Layers &, const Network &, const Params &, std::vector<Object> &) { return true; }

#ifdef NEEDS
// Of libraries that are not there.
extern "C" int cudaMalloc(void **, std::size_t);

PARSER NvDsInferParseTestNeeds(const Layers &, const Network &, const Params &, std::vector<Object> &) {
    return cudaMalloc(nullptr, 0) == 0;
}

// A table is filled when the library is loaded.
extern int (*needed)(void **, std::size_t);
int (*needed)(void **, std::size_t) = cudaMalloc;
#endif

// No function, whatever its name says.
extern "C" {
int NvDsInferParseTestVariable = 1;
}
