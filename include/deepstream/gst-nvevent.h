/* Events of nvstreammux about its sources, in libnvdsgst_helper.so: `make build` makes one without a GPU. */
#ifndef RSNVDS_DEEPSTREAM_GST_NVEVENT_H
#define RSNVDS_DEEPSTREAM_GST_NVEVENT_H

#include "../../nvds-sys/include/nvds.h"

#ifdef __cplusplus
extern "C" {
#endif

GstEvent *gst_nvevent_new_pad_added (guint source_id);
GstEvent *gst_nvevent_new_pad_deleted (guint source_id);
GstEvent *gst_nvevent_new_stream_eos (guint source_id);
GstEvent *gst_nvevent_new_stream_segment (guint source_id, GstSegment *segment);
GstEvent *gst_nvevent_new_stream_reset (guint source_id);
GstEvent *gst_nvevent_new_stream_start (guint source_id, gchar *stream_id);

/* Nothing is written for another event. The segment belongs to the event, the stream's id is freed with g_free. */
void gst_nvevent_parse_pad_added (GstEvent *event, guint *source_id);
void gst_nvevent_parse_pad_deleted (GstEvent *event, guint *source_id);
void gst_nvevent_parse_stream_eos (GstEvent *event, guint *source_id);
void gst_nvevent_parse_stream_segment (GstEvent *event, guint *source_id, GstSegment **segment);
void gst_nvevent_parse_stream_reset (GstEvent *event, guint *source_id);
void gst_nvevent_parse_stream_start (GstEvent *event, guint *source_id, gchar **stream_id);

#ifdef __cplusplus
}
#endif

#endif
