// An application that reads what nvdsanalytics attached, as compiled C++ does, and changes it.
//
// reader PIPELINE STEP: the pipeline has elements "move", whose input's objects are given ids and places, and "end", at whose
// input the metadata is read. The first object goes right by STEP pixels with each frame.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <gst/gst.h>

#include "gstnvdsmeta.h"
#include "nvds_analytics_meta.h"

static int step;

template <typename F> static void each_object(GstBuffer *buffer, F look) {
    NvDsBatchMeta *const batch = gst_buffer_get_nvds_batch_meta(buffer);
    for (GList *f = batch->frame_meta_list; f != nullptr; f = f->next) {
        NvDsFrameMeta *const frame = static_cast<NvDsFrameMeta *>(f->data);
        for (GList *o = frame->obj_meta_list; o != nullptr; o = o->next)
            look(frame, static_cast<NvDsObjectMeta *>(o->data));
    }
}

static GstPadProbeReturn move(GstPad *, GstPadProbeInfo *info, gpointer) {
    each_object(GST_PAD_PROBE_INFO_BUFFER(info), [](NvDsFrameMeta *frame, NvDsObjectMeta *object) {
        const bool first = object->obj_label[3] == '0';
        object->object_id = first ? 4 : 9;
        object->class_id = first ? 0 : 14;
        object->rect_params.width = 40;
        object->rect_params.height = 80;
        object->rect_params.left = first ? static_cast<float>(20 + step * frame->frame_num) : 500;
        object->rect_params.top = 200;
    });
    return GST_PAD_PROBE_OK;
}

static void list(const char *name, const std::vector<std::string> &labels) {
    std::printf(" %s", name);
    for (const std::string &label : labels)
        std::printf(" [%s]", label.c_str());
}

template <typename K, typename V> static std::vector<std::pair<K, V>> sorted(const std::unordered_map<K, V> &map) {
    std::vector<std::pair<K, V>> entries(map.begin(), map.end());
    std::sort(entries.begin(), entries.end());
    return entries;
}

template <typename V> static void map(const char *name, std::unordered_map<std::string, V> &map) {
    std::printf(" %s", name);
    for (const auto &entry : sorted(map))
        std::printf(" %s=%lu", entry.first.c_str(), static_cast<unsigned long>(entry.second));
    // What is there is found, what is not becomes an entry, which moves the nodes to more buckets in the end.
    std::unordered_map<std::string, V> copy(map);
    const size_t size = map.size();
    for (const auto &entry : copy)
        if (map.find(entry.first) == map.end() || map.at(entry.first) != entry.second || map.count(entry.first) != 1)
            std::printf(" LOST");
    for (int i = 0; i < 30; i++)
        map["no such label " + std::to_string(i)] = 1;
    if (map.size() != size + 30 || (!copy.empty() && map.erase(copy.begin()->first) != 1))
        std::printf(" WRONG");
}

static void tell(NvDsAnalyticsFrameMeta *meta) {
    std::printf("frame %u", meta->unique_id);
    map("oc", meta->ocStatus);
    map("roi", meta->objInROIcnt);
    map("lc", meta->objLCCurrCnt);
    map("all", meta->objLCCumCnt);
    std::printf(" classes");
    for (const auto &entry : sorted(meta->objCnt))
        std::printf(" %d=%u", entry.first, entry.second);
    for (int i = 0; i < 30; i++)
        meta->objCnt[100 + i] = 1;
    if (meta->objCnt.count(0) != 1 || meta->objCnt.find(14) == meta->objCnt.end())
        std::printf(" LOST");
    std::printf("\n");
}

static void tell(NvDsObjectMeta *object, NvDsAnalyticsObjInfo *info) {
    std::printf("object %d %u", object->class_id, info->unique_id);
    list("roi", info->roiStatus);
    list("oc", info->ocStatus);
    list("lc", info->lcStatus);
    std::printf(" dir [%s] status [%s]\n", info->dirStatus.c_str(), info->objStatus.c_str());
    info->roiStatus.push_back("a label that is longer than what a string has room for");
    info->objStatus += " and some more of what was said of it";
    info->lcStatus = info->roiStatus;
    std::swap(info->dirStatus, info->objStatus);
}

static GstPadProbeReturn read(GstPad *, GstPadProbeInfo *info, gpointer) {
    GstBuffer *const buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    NvDsBatchMeta *const batch = gst_buffer_get_nvds_batch_meta(buffer);
    for (GList *f = batch->frame_meta_list; f != nullptr; f = f->next) {
        NvDsFrameMeta *const frame = static_cast<NvDsFrameMeta *>(f->data);
        for (GList *u = frame->frame_user_meta_list; u != nullptr; u = u->next) {
            NvDsUserMeta *const user = static_cast<NvDsUserMeta *>(u->data);
            if (user->base_meta.meta_type == NVDS_USER_FRAME_META_NVDSANALYTICS)
                tell(static_cast<NvDsAnalyticsFrameMeta *>(user->user_meta_data));
        }
    }
    each_object(buffer, [](NvDsFrameMeta *, NvDsObjectMeta *object) {
        for (GList *u = object->obj_user_meta_list; u != nullptr; u = u->next) {
            NvDsUserMeta *const user = static_cast<NvDsUserMeta *>(u->data);
            if (user->base_meta.meta_type == NVDS_USER_OBJ_META_NVDSANALYTICS)
                tell(object, static_cast<NvDsAnalyticsObjInfo *>(user->user_meta_data));
        }
    });
    return GST_PAD_PROBE_OK;
}

static void watch(GstElement *pipeline, const char *name, GstPadProbeCallback probe) {
    GstElement *const element = gst_bin_get_by_name(GST_BIN(pipeline), name);
    GstPad *const pad = gst_element_get_static_pad(element, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, probe, nullptr, nullptr);
    gst_object_unref(pad);
    gst_object_unref(element);
}

int main(int argc, char **argv) {
    gst_init(&argc, &argv);
    step = std::atoi(argv[2]);
    GError *error = nullptr;
    GstElement *const pipeline = gst_parse_launch(argv[1], &error);
    if (error != nullptr) {
        std::fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    watch(pipeline, "move", move);
    watch(pipeline, "end", read);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstBus *const bus = gst_element_get_bus(pipeline);
    const GstMessageType ends = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    GstMessage *message = gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, ends);
    const bool ended = message != nullptr && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
    if (message != nullptr && !ended) {
        gst_message_parse_error(message, &error, nullptr);
        std::fprintf(stderr, "%s\n", error->message);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    g_clear_error(&error);
    g_clear_pointer(&message, gst_message_unref);
    gst_object_unref(bus);
    gst_object_unref(pipeline);
    gst_deinit();
    return ended ? 0 : 1;
}
