/* Messages of nvstreammux about its sources, in libnvdsgst_helper.so: `make build` makes one without a GPU. */
#ifndef RSNVDS_DEEPSTREAM_GST_NVMESSAGE_H
#define RSNVDS_DEEPSTREAM_GST_NVMESSAGE_H

#include <gst/gst.h>

#ifdef __cplusplus
extern "C" {
#endif

GstMessage *gst_nvmessage_new_stream_eos (GstObject *obj, guint stream_id);
gboolean gst_nvmessage_is_stream_eos (GstMessage *msg);
/* FALSE for another message, and then stream_id stays as it was. */
gboolean gst_nvmessage_parse_stream_eos (GstMessage *msg, guint *stream_id);

#ifdef __cplusplus
}
#endif

#endif
