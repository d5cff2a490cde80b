/* What a bounding box parser of nvinfer and nvinferserver gets and gives, as far as it is used here.
 *
 * Source: the layouts of DeepStream 5.0 to 9.1, which differ in one struct alone: an object has 28 bytes since 9.0, 24
 * before. */
#ifndef RSNVDS_PARSER_H
#define RSNVDS_PARSER_H

#include <cstddef>
#include <vector>

/* At most 8 dimensions, without the batch. */
struct Dims {
    unsigned int count;
    unsigned int sizes[8];
    unsigned int elements;
};

/* An output layer. The buffer is host memory. */
struct Layer {
    unsigned int data_type;
    Dims dims;
    int binding;
    const char *name;
    const void *buffer;
    int is_input;
};

/* The network's input, in pixels. */
struct Network {
    unsigned int width;
    unsigned int height;
    unsigned int channels;
};

/* What the configuration says. */
struct Params {
    unsigned int classes;
    std::vector<float> before_clustering;
    std::vector<float> after_clustering;
    std::vector<float> &threshold;
};

/* An object, its box in network pixels. */
struct Object24 {
    unsigned int class_id;
    float left;
    float top;
    float width;
    float height;
    float confidence;
};

/* An object since 9.0; the angle in radians. */
struct Object28 {
    unsigned int class_id;
    float left;
    float top;
    float width;
    float height;
    float confidence;
    float rotation;
};

/* A call, without std::vector. */
struct Call {
    const Layer *layers;
    std::size_t layer_count;
    const float *thresholds;
    std::size_t threshold_count;
    unsigned int classes;
    unsigned int width;
    unsigned int height;
};

static_assert(sizeof(Layer) == 72 && offsetof(Layer, name) == 48 && offsetof(Layer, buffer) == 56, "NvDsInferLayerInfo");
static_assert(sizeof(Network) == 12, "NvDsInferNetworkInfo");
static_assert(sizeof(std::vector<float>) == 24 && sizeof(Params) == 64, "NvDsInferParseDetectionParams");
static_assert(sizeof(Object24) == 24 && sizeof(Object28) == 28, "NvDsInferObjectDetectionInfo");

#endif
