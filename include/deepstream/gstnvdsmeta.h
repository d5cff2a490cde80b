/* Metadata on GstBuffers, in libnvdsgst_meta.so; see nvdsmeta.h here. */
#ifndef RSNVDS_DEEPSTREAM_GSTNVDSMETA_H
#define RSNVDS_DEEPSTREAM_GSTNVDSMETA_H

#include "nvdsmeta.h"

#ifdef __cplusplus
extern "C" {
#endif

GType nvds_meta_api_get_type (void);
/* NULL if the buffer has none. */
NvDsBatchMeta *gst_buffer_get_nvds_batch_meta (GstBuffer *buffer);
NvDsMeta *gst_buffer_add_nvds_meta (GstBuffer *buffer, gpointer meta_data, gpointer user_data,
    NvDsMetaCopyFunc copy_func, NvDsMetaReleaseFunc release_func);

#ifdef __cplusplus
}
#endif

#endif
