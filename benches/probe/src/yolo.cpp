// What a custom parser for nvinfer and nvinfer's own suppression do with a YOLO head: the peer of nvds-decode.
//
// A parser walks over the anchors, takes the best class of each, compares it with the threshold of that class, clips
// the box to the network's input and appends an object to a vector. nvinfer then sorts the objects of each class by
// score, drops those that overlap a better one too much, and scales what is left to the frame.

#include <algorithm>
#include <cstddef>
#include <vector>

namespace {

// An object as custom parsers append it.
struct Object {
    unsigned int class_id;
    float left;
    float top;
    float width;
    float height;
    float confidence;
};

float clamp(float value, float most) {
    return std::max(0.0f, std::min(value, most));
}

void append(std::vector<Object> &objects, const float corners[4], unsigned int class_id, float score, float side) {
    const float left = clamp(corners[0], side);
    const float top = clamp(corners[1], side);
    const float width = clamp(corners[2], side) - left;
    const float height = clamp(corners[3], side) - top;
    if (width < 1.0f || height < 1.0f) {
        return;
    }
    objects.push_back(Object{class_id, left, top, width, height, score});
}

// [4 + classes, anchors]: centre and size, a score for each class.
std::vector<Object> parse_channels(const float *head, size_t anchors, size_t classes,
                                   const std::vector<float> &thresholds, float side) {
    std::vector<Object> objects;
    for (size_t anchor = 0; anchor < anchors; anchor++) {
        size_t best = 0;
        float score = head[4 * anchors + anchor];
        for (size_t index = 1; index < classes; index++) {
            const float other = head[(4 + index) * anchors + anchor];
            if (other > score) {
                score = other;
                best = index;
            }
        }
        if (score < thresholds[best]) {
            continue;
        }
        const float x = head[anchor];
        const float y = head[anchors + anchor];
        const float w = head[2 * anchors + anchor] / 2;
        const float h = head[3 * anchors + anchor] / 2;
        const float corners[4] = {x - w, y - h, x + w, y + h};
        append(objects, corners, static_cast<unsigned int>(best), score, side);
    }
    return objects;
}

// [rows, 6]: corners, score, class.
std::vector<Object> parse_rows(const float *head, size_t rows, size_t classes, const std::vector<float> &thresholds,
                               float side) {
    std::vector<Object> objects;
    for (size_t row = 0; row < rows; row++) {
        const float *numbers = head + 6 * row;
        const size_t best = static_cast<size_t>(numbers[5]);
        if (best >= classes || numbers[4] < thresholds[best]) {
            continue;
        }
        append(objects, numbers, static_cast<unsigned int>(best), numbers[4], side);
    }
    return objects;
}

float overlap(const Object &a, const Object &b) {
    const float width = std::min(a.left + a.width, b.left + b.width) - std::max(a.left, b.left);
    const float height = std::min(a.top + a.height, b.top + b.height) - std::max(a.top, b.top);
    if (width <= 0.0f || height <= 0.0f) {
        return 0.0f;
    }
    const float both = width * height;
    return both / (a.width * a.height + b.width * b.height - both);
}

// Leaves of each class what no better one overlaps, class by class.
std::vector<Object> suppress(const std::vector<Object> &objects, size_t classes, float threshold) {
    std::vector<std::vector<Object>> by_class(classes);
    for (const Object &object : objects) {
        by_class[object.class_id].push_back(object);
    }
    std::vector<Object> left;
    for (std::vector<Object> &own : by_class) {
        std::stable_sort(own.begin(), own.end(),
                         [](const Object &a, const Object &b) { return a.confidence > b.confidence; });
        std::vector<size_t> kept;
        for (size_t index = 0; index < own.size(); index++) {
            bool keeps = true;
            for (size_t better : kept) {
                if (overlap(own[better], own[index]) > threshold) {
                    keeps = false;
                    break;
                }
            }
            if (keeps) {
                kept.push_back(index);
            }
        }
        for (size_t index : kept) {
            left.push_back(own[index]);
        }
    }
    return left;
}

} // namespace

// Decodes a head of an input of side x side: channels of anchors, or rows of six. Returns how many objects are left,
// and adds to `sum` their left sides in the frame, so that nothing is left undone.
extern "C" size_t rsnvds_yolo_run(const float *head, size_t anchors, size_t classes, int rows, float side,
                                  float score_threshold, float iou_threshold, float scale, float *sum) {
    const std::vector<float> thresholds(classes, score_threshold);
    std::vector<Object> objects = rows ? parse_rows(head, anchors, classes, thresholds, side)
                                       : parse_channels(head, anchors, classes, thresholds, side);
    std::vector<Object> left = suppress(objects, classes, iou_threshold);
    for (Object &object : left) {
        object.left *= scale;
        object.top *= scale;
        object.width *= scale;
        object.height *= scale;
        *sum += object.left;
    }
    return left.size();
}
