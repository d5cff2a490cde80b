// What user metas of nvdsanalytics hold: classes of C++, laid out as libstdc++ has them on 64 bits since GCC 5.
//
// Written out, so that no C++ library is needed but for its memory, which RSNVDS_CATCH asks for: readers may add to what they
// read, and then free or take memory by operator new and delete. Builds for old systems use malloc, which is the same there.
// Where readers added, their entries are copied and released with the others.
//
// Source: nvds_analytics_meta.h of DeepStream 6.0 to 9.1.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef RSNVDS_CATCH
#include <new>
#endif

namespace {

void *allocate(size_t size) noexcept {
#ifdef RSNVDS_CATCH
    return ::operator new(size);
#else
    void *memory = malloc(size);
    if (memory == nullptr)
        abort();
    return memory;
#endif
}

void release(void *memory) noexcept {
#ifdef RSNVDS_CATCH
    ::operator delete(memory);
#else
    free(memory);
#endif
}

// A text of the caller.
struct Given {
    const char *text;
    size_t length;
};

// std::string. Up to 15 characters are within it.
struct Text {
    char *text;
    size_t length;
    union {
        char own[16];
        size_t capacity;
    };

    void set(Given given) noexcept {
        text = own;
        if (given.length >= sizeof own) {
            text = static_cast<char *>(allocate(given.length + 1));
            capacity = given.length;
        }
        if (given.length != 0)
            memcpy(text, given.text, given.length);
        text[given.length] = '\0';
        length = given.length;
    }
    void copy(const Text &other) noexcept { set(Given{other.text, other.length}); }
    void clear() noexcept {
        if (text != own)
            release(text);
    }
};

// std::vector<std::string>.
struct Texts {
    Text *begin;
    Text *end;
    Text *memory_end;

    size_t count() const noexcept { return static_cast<size_t>(end - begin); }
    void make(size_t count) noexcept {
        begin = count == 0 ? nullptr : static_cast<Text *>(allocate(count * sizeof(Text)));
        end = memory_end = begin + count;
    }
    void set(const Given *given, size_t count) noexcept {
        make(count);
        for (size_t i = 0; i < count; i++)
            begin[i].set(given[i]);
    }
    void copy(const Texts &other) noexcept {
        make(other.count());
        for (size_t i = 0; i < count(); i++)
            begin[i].copy(other.begin[i]);
    }
    void clear() noexcept {
        for (Text *text = begin; text != end; text++)
            text->clear();
        release(begin);
    }
};

// An entry of the caller. `key` is for maps by label, `number` for the map by class.
struct GivenEntry {
    Given key;
    int number;
    uint64_t hash;
    uint64_t value;
};

// Entries in the order of the map.
struct GivenMap {
    const GivenEntry *entries;
    size_t count;
    size_t buckets;
};

struct Node {
    Node *next;
};

// A node of a map by label; values are shorter than the place they have.
struct LabelNode : Node {
    Text key;
    uint64_t value;
    size_t hash;

    void set(const GivenEntry &given) noexcept {
        key.set(given.key);
        value = given.value;
        hash = given.hash;
    }
    void copy(const LabelNode &other) noexcept {
        key.copy(other.key);
        value = other.value;
        hash = other.hash;
    }
    void clear() noexcept { key.clear(); }
    size_t number() const noexcept { return hash; }
};

// A node of a map by class, which has no place for the hash: it is the class.
struct ClassNode : Node {
    int key;
    uint32_t value;

    void set(const GivenEntry &given) noexcept {
        key = given.number;
        value = static_cast<uint32_t>(given.value);
    }
    void copy(const ClassNode &other) noexcept {
        key = other.key;
        value = other.value;
    }
    void clear() noexcept {}
    size_t number() const noexcept { return static_cast<size_t>(static_cast<ptrdiff_t>(key)); }
};

// std::unordered_map: the nodes are one list, and each bucket has the node before its first.
template <typename N> struct Map {
    Node **buckets;
    size_t bucket_count;
    Node before_first;
    size_t count;
    float most_load;
    size_t next_resize;
    Node *only_bucket;

    // Empty, with so many buckets.
    void make(size_t wanted) noexcept {
        only_bucket = nullptr;
        buckets = &only_bucket;
        if (wanted != 1) {
            buckets = static_cast<Node **>(allocate(wanted * sizeof(Node *)));
            memset(buckets, 0, wanted * sizeof(Node *));
        }
        bucket_count = wanted;
        before_first.next = nullptr;
        count = 0;
        most_load = 1.0F;
        next_resize = wanted == 1 ? 0 : wanted;
    }
    // Behind `last`, which is the last one.
    N *add(Node *last) noexcept {
        N *const node = static_cast<N *>(allocate(sizeof(N)));
        node->next = nullptr;
        last->next = node;
        count++;
        return node;
    }
    void enter(Node *before, const N *node) noexcept {
        Node *&bucket = buckets[node->number() % bucket_count];
        if (bucket == nullptr)
            bucket = before;
    }
    void set(const GivenMap &given) noexcept {
        make(given.buckets);
        Node *last = &before_first;
        for (size_t i = 0; i < given.count; i++) {
            N *const node = add(last);
            node->set(given.entries[i]);
            enter(last, node);
            last = node;
        }
    }
    void copy(const Map &other) noexcept {
        make(other.bucket_count);
        next_resize = other.next_resize;
        Node *last = &before_first;
        for (const Node *from = other.before_first.next; from != nullptr; from = from->next) {
            N *const node = add(last);
            node->copy(*static_cast<const N *>(from));
            enter(last, node);
            last = node;
        }
    }
    void clear() noexcept {
        for (Node *node = before_first.next; node != nullptr;) {
            Node *const next = node->next;
            static_cast<N *>(node)->clear();
            release(node);
            node = next;
        }
        if (buckets != &only_bucket)
            release(buckets);
    }
};

// NvDsAnalyticsObjInfo. Up to DeepStream 6.2 it ends before the status.
struct Object {
    Texts rois;
    Texts crowds;
    Texts crossings;
    Text direction;
    unsigned int unique_id;
    Text status;

    void copy(const Object &other) noexcept {
        rois.copy(other.rois);
        crowds.copy(other.crowds);
        crossings.copy(other.crossings);
        direction.copy(other.direction);
        unique_id = other.unique_id;
        status.copy(other.status);
    }
    void clear() noexcept {
        rois.clear();
        crowds.clear();
        crossings.clear();
        direction.clear();
        status.clear();
    }
};

// NvDsAnalyticsFrameMeta. The values are bool, uint32_t, uint64_t and uint64_t.
struct Frame {
    Map<LabelNode> by_label[4];
    unsigned int unique_id;
    Map<ClassNode> classes;

    void copy(const Frame &other) noexcept {
        for (size_t i = 0; i < 4; i++)
            by_label[i].copy(other.by_label[i]);
        unique_id = other.unique_id;
        classes.copy(other.classes);
    }
    void clear() noexcept {
        for (Map<LabelNode> &map : by_label)
            map.clear();
        classes.clear();
    }
};

static_assert(sizeof(Text) == 32 && sizeof(Texts) == 24 && sizeof(Map<LabelNode>) == 56, "std:: classes");
static_assert(sizeof(LabelNode) == 56 && sizeof(ClassNode) == 16, "nodes of std::unordered_map");
static_assert(sizeof(Object) == 144 && offsetof(Object, unique_id) == 104, "NvDsAnalyticsObjInfo");
static_assert(sizeof(Frame) == 288 && offsetof(Frame, classes) == 232, "NvDsAnalyticsFrameMeta");

// NvDsUserMeta: NvDsBaseMeta, then the data.
struct UserMeta {
    void *base[5];
    void *data;
};

struct GivenObject {
    const Given *labels[3];
    size_t counts[3];
    Given direction;
    Given status;
    unsigned int unique_id;
};

struct GivenFrame {
    GivenMap by_label[4];
    GivenMap classes;
    unsigned int unique_id;
};

template <typename T> T *make() noexcept {
    void *const memory = allocate(sizeof(T));
    memset(memory, 0, sizeof(T));
    return static_cast<T *>(memory);
}

template <typename T> void *copied(const void *meta) noexcept {
    const T *const source = static_cast<const T *>(static_cast<const UserMeta *>(meta)->data);
    if (source == nullptr)
        return nullptr;
    T *const copy = make<T>();
    copy->copy(*source);
    return copy;
}

template <typename T> void released(void *meta) noexcept {
    UserMeta *const user = static_cast<UserMeta *>(meta);
    T *const data = static_cast<T *>(user->data);
    user->data = nullptr;
    if (data == nullptr)
        return;
    data->clear();
    release(data);
}

} // namespace

extern "C" {

void *rsnvds_analytics_object(const GivenObject *given) noexcept {
    Object *const object = make<Object>();
    object->rois.set(given->labels[0], given->counts[0]);
    object->crowds.set(given->labels[1], given->counts[1]);
    object->crossings.set(given->labels[2], given->counts[2]);
    object->direction.set(given->direction);
    object->status.set(given->status);
    object->unique_id = given->unique_id;
    return object;
}

void *rsnvds_analytics_frame(const GivenFrame *given) noexcept {
    Frame *const frame = make<Frame>();
    for (size_t i = 0; i < 4; i++)
        frame->by_label[i].set(given->by_label[i]);
    frame->classes.set(given->classes);
    frame->unique_id = given->unique_id;
    return frame;
}

// Functions of the user metas.
void *rsnvds_analytics_copy_object(void *meta, void *) noexcept { return copied<Object>(meta); }
void *rsnvds_analytics_copy_frame(void *meta, void *) noexcept { return copied<Frame>(meta); }
void rsnvds_analytics_release_object(void *meta, void *) noexcept { released<Object>(meta); }
void rsnvds_analytics_release_frame(void *meta, void *) noexcept { released<Frame>(meta); }
}
