/* Messages of sources that come and go, in libnvdsgst_customhelper.so: `make build` makes one without a GPU. */
#ifndef RSNVDS_DEEPSTREAM_GST_NVDSCUSTOMMESSAGE_H
#define RSNVDS_DEEPSTREAM_GST_NVDSCUSTOMMESSAGE_H

#include <gst/gst.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NvDsSensorInfo {
  guint source_id;
  gchar const *uri;
  gchar const *sensor_id;
  gchar const *sensor_name;
} NvDsSensorInfo;

typedef struct _NvDsRtspAttemptsInfo {
  gboolean attempt_exceeded;
  guint source_id;
} NvDsRtspAttemptsInfo;

GstMessage *gst_nvmessage_new_stream_add (GstObject *obj, NvDsSensorInfo *sensor_info);
GstMessage *gst_nvmessage_new_stream_remove (GstObject *obj, NvDsSensorInfo *sensor_info);
GstMessage *gst_nvmessage_force_pipeline_eos (GstObject *obj, gboolean force_eos);
GstMessage *gst_nvmessage_reconnect_attempt_exceeded (GstObject *obj, NvDsRtspAttemptsInfo *rtsp_info);

gboolean gst_nvmessage_is_stream_add (GstMessage *message);
gboolean gst_nvmessage_is_stream_remove (GstMessage *message);
gboolean gst_nvmessage_is_force_pipeline_eos (GstMessage *message);
gboolean gst_nvmessage_is_reconnect_attempt_exceeded (GstMessage *message);

/* FALSE for another message, and then nothing is written. Texts belong to the message. */
gboolean gst_nvmessage_parse_stream_add (GstMessage *message, NvDsSensorInfo *sensor_info);
gboolean gst_nvmessage_parse_stream_remove (GstMessage *message, NvDsSensorInfo *sensor_info);
gboolean gst_nvmessage_parse_force_pipeline_eos (GstMessage *message, gboolean *force_eos);
gboolean gst_nvmessage_parse_reconnect_attempt_exceeded (GstMessage *message, NvDsRtspAttemptsInfo *rtsp_info);

#ifdef __cplusplus
}
#endif

#endif
