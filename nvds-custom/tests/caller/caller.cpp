// Calls a bounding box parser as nvinfer does: opens the library, looks the function up, and hands it one list that is
// cleared before each frame. What is called, and with what, is in a file; see mod.rs. Prints what the function returned
// and the objects that it gave.
//
// ANGLE: objects as since DeepStream 9.0.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

struct NvDsInferDims {
    unsigned int numDims;
    unsigned int d[8];
    unsigned int numElements;
};

struct NvDsInferLayerInfo {
    unsigned int dataType;
    NvDsInferDims inferDims;
    int bindingIndex;
    const char *layerName;
    void *buffer;
    int isInput;
};

struct NvDsInferNetworkInfo {
    unsigned int width, height, channels;
};

struct NvDsInferParseDetectionParams {
    unsigned int numClassesConfigured;
    std::vector<float> perClassPreclusterThreshold;
    std::vector<float> perClassPostclusterThreshold;
    std::vector<float> &perClassThreshold = perClassPreclusterThreshold;
};

struct NvDsInferObjectDetectionInfo {
    unsigned int classId;
    float left, top, width, height, detectionConfidence;
#ifdef ANGLE
    float rotation_angle;
#endif
};

using Parser = bool (*)(std::vector<NvDsInferLayerInfo> const &, NvDsInferNetworkInfo const &,
                        NvDsInferParseDetectionParams const &, std::vector<NvDsInferObjectDetectionInfo> &);

static void fail(const std::string &what) {
    std::fprintf(stderr, "caller: %s\n", what.c_str());
    std::exit(3);
}

struct Input {
    std::vector<unsigned char> bytes;
    std::size_t at = 0;

    const unsigned char *take(std::size_t count) {
        if (bytes.size() - at < count)
            fail("the file is cut off");
        at += count;
        return bytes.data() + at - count;
    }
    std::uint32_t number() {
        std::uint32_t value;
        std::memcpy(&value, take(4), 4);
        return value;
    }
    std::string text() {
        std::uint32_t length = number();
        return std::string(reinterpret_cast<const char *>(take(length)), length);
    }
};

static Input read(const char *name) {
    Input input;
    std::FILE *file = std::fopen(name, "rb");
    if (!file)
        fail("no file");
    unsigned char part[65536];
    std::size_t count;
    while ((count = std::fread(part, 1, sizeof part, file)) > 0)
        input.bytes.insert(input.bytes.end(), part, part + count);
    std::fclose(file);
    return input;
}

// One frame, with memory of exactly its layers' sizes.
struct Frame {
    NvDsInferNetworkInfo network;
    NvDsInferParseDetectionParams params;
    std::vector<NvDsInferLayerInfo> layers;
    std::vector<std::unique_ptr<std::string>> names;
    std::vector<std::unique_ptr<unsigned char[]>> memory;

    explicit Frame(Input &in) {
        network = {in.number(), in.number(), 3};
        params.numClassesConfigured = in.number();
        for (std::uint32_t left = in.number(); left > 0; left--) {
            float threshold;
            std::memcpy(&threshold, in.take(4), 4);
            params.perClassPreclusterThreshold.push_back(threshold);
        }
        for (std::uint32_t left = in.number(); left > 0; left--) {
            NvDsInferLayerInfo layer = {};
            names.push_back(std::make_unique<std::string>(in.text()));
            layer.layerName = names.back()->c_str();
            layer.dataType = in.number();
            layer.inferDims.numDims = in.number();
            for (std::uint32_t i = 0; i < layer.inferDims.numDims && i < 8; i++)
                layer.inferDims.d[i] = in.number();
            layer.inferDims.numElements = in.number();
            layer.isInput = static_cast<int>(in.number());
            std::uint32_t has_memory = in.number(), size = in.number();
            if (has_memory) {
                memory.emplace_back(new unsigned char[size]);
                std::memcpy(memory.back().get(), in.take(size), size);
                layer.buffer = memory.back().get();
            }
            layers.push_back(layer);
        }
    }
};

static std::string run(Parser parse, std::vector<Frame> &frames, std::uint32_t rounds,
                       std::uint32_t reserve) {
    std::vector<NvDsInferObjectDetectionInfo> objects;
    objects.reserve(reserve);
    std::string text;
    for (std::uint32_t round = 0; round < rounds; round++) {
        text.clear();
        for (Frame &frame : frames) {
            objects.clear();
            bool done = parse(frame.layers, frame.network, frame.params, objects);
            text += done ? "true\n" : "false\n";
            for (const NvDsInferObjectDetectionInfo &o : objects) {
                float angle = 0;
#ifdef ANGLE
                angle = o.rotation_angle;
#endif
                char line[256];
                std::snprintf(line, sizeof line, "%u %.9g %.9g %.9g %.9g %.9g %.9g\n", o.classId, o.left, o.top, o.width,
                              o.height, o.detectionConfidence, angle);
                text += line;
            }
        }
    }
    return text;
}

int main(int argc, char **argv) {
    if (argc < 4)
        fail("usage: caller FILE LIBRARY FUNCTION [LIBRARY...]");
    // Those of DeepStream, which are loaded before any parser.
    for (int i = 4; i < argc; i++)
        if (!dlopen(argv[i], RTLD_NOW | RTLD_LOCAL))
            fail(dlerror());
    void *library = dlopen(argv[2], RTLD_LAZY);
    if (!library)
        fail(dlerror());
    Parser parse = reinterpret_cast<Parser>(dlsym(library, argv[3]));
    if (!parse)
        fail(dlerror());
    Input input = read(argv[1]);
    std::uint32_t threads = input.number(), rounds = input.number(), reserve = input.number();
    std::vector<Frame> frames;
    for (std::uint32_t left = input.number(); left > 0; left--)
        frames.emplace_back(input);
    std::vector<std::string> texts(threads);
    std::vector<std::thread> all;
    for (std::string &text : texts)
        all.emplace_back([&] { text = run(parse, frames, rounds, reserve); });
    for (std::thread &thread : all)
        thread.join();
    for (const std::string &text : texts)
        if (text != texts[0])
            fail("threads differ");
    std::fputs(texts[0].c_str(), stdout);
    dlclose(library);
    return 0;
}
