/*
 * DeepStream's metadata for C programs, where DeepStream itself is not installed: the structs are those of
 * nvds-sys/include/nvds.h, in the layout of 9.x, and the functions are in libnvds_meta.so. docs/run-without-gpu.md tells how
 * to compile with it. Where DeepStream is installed, use its own headers.
 */
#ifndef RSNVDS_DEEPSTREAM_NVDSMETA_H
#define RSNVDS_DEEPSTREAM_NVDSMETA_H

#include "../../nvds-sys/include/nvds.h"

typedef GList NvDsMetaList;
typedef NvDsMetaList NvDsFrameMetaList;
typedef NvDsMetaList NvDsObjectMetaList;
typedef NvDsMetaList NvDsClassifierMetaList;
typedef NvDsMetaList NvDsDisplayMetaList;
typedef NvDsMetaList NvDsLabelInfoList;
typedef NvDsMetaList NvDsUserMetaList;

#ifdef __cplusplus
extern "C" {
#endif

NvDsBatchMeta *nvds_create_batch_meta (guint max_batch_size);
gboolean nvds_destroy_batch_meta (NvDsBatchMeta *batch_meta);
gpointer nvds_batch_meta_copy_func (gpointer data, gpointer user_data);
void nvds_batch_meta_release_func (gpointer data, gpointer user_data);
void nvds_acquire_meta_lock (NvDsBatchMeta *batch_meta);
void nvds_release_meta_lock (NvDsBatchMeta *batch_meta);

/* A meta out of the batch's pool. One that is not added to the batch must go back. */
NvDsFrameMeta *nvds_acquire_frame_meta_from_pool (NvDsBatchMeta *batch_meta);
NvDsObjectMeta *nvds_acquire_obj_meta_from_pool (NvDsBatchMeta *batch_meta);
NvDsDisplayMeta *nvds_acquire_display_meta_from_pool (NvDsBatchMeta *batch_meta);
NvDsClassifierMeta *nvds_acquire_classifier_meta_from_pool (NvDsBatchMeta *batch_meta);
NvDsLabelInfo *nvds_acquire_label_info_meta_from_pool (NvDsBatchMeta *batch_meta);
NvDsUserMeta *nvds_acquire_user_meta_from_pool (NvDsBatchMeta *batch_meta);

void nvds_add_frame_meta_to_batch (NvDsBatchMeta *batch_meta, NvDsFrameMeta *frame_meta);
void nvds_add_obj_meta_to_frame (NvDsFrameMeta *frame_meta, NvDsObjectMeta *obj_meta, NvDsObjectMeta *obj_parent);
void nvds_add_display_meta_to_frame (NvDsFrameMeta *frame_meta, NvDsDisplayMeta *display_meta);
void nvds_add_classifier_meta_to_object (NvDsObjectMeta *obj_meta, NvDsClassifierMeta *classifier_meta);
void nvds_add_label_info_meta_to_classifier (NvDsClassifierMeta *classifier_meta, NvDsLabelInfo *label_info_meta);
void nvds_add_user_meta_to_batch (NvDsBatchMeta *batch_meta, NvDsUserMeta *user_meta);
void nvds_add_user_meta_to_frame (NvDsFrameMeta *frame_meta, NvDsUserMeta *user_meta);
void nvds_add_user_meta_to_obj (NvDsObjectMeta *obj_meta, NvDsUserMeta *user_meta);

void nvds_remove_frame_meta_from_batch (NvDsBatchMeta *batch_meta, NvDsFrameMeta *frame_meta);
void nvds_remove_obj_meta_from_frame (NvDsFrameMeta *frame_meta, NvDsObjectMeta *obj_meta);
void nvds_remove_display_meta_from_frame (NvDsFrameMeta *frame_meta, NvDsDisplayMeta *display_meta);
void nvds_remove_user_meta_from_frame (NvDsFrameMeta *frame_meta, NvDsUserMeta *user_meta);

NvDsFrameMeta *nvds_get_nth_frame_meta (NvDsFrameMetaList *frame_meta_list, guint index);
NvDsMetaType nvds_get_user_meta_type (gchar *meta_descriptor);

#ifdef __cplusplus
}
#endif

#endif
