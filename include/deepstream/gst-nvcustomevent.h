/* Events for decoders and encoders, in libnvdsgst_customhelper.so: `make build` makes one without a GPU. The stand-ins pass
 * them on; set the properties instead. */
#ifndef RSNVDS_DEEPSTREAM_GST_NVCUSTOMEVENT_H
#define RSNVDS_DEEPSTREAM_GST_NVCUSTOMEVENT_H

#include <gst/gst.h>

#ifdef __cplusplus
extern "C" {
#endif

GstEvent *gst_nvevent_dec_drop_frame_interval_update (gchar *stream_id, guint interval);
GstEvent *gst_nvevent_dec_skip_frame_update (gchar *stream_id, guint frame_type);
GstEvent *gst_nvevent_dec_enable_low_latency_mode (gchar *stream_id, gint enable);
GstEvent *gst_nvevent_enc_bitrate_update (gchar *stream_id, guint bitrate);
GstEvent *gst_nvevent_enc_force_idr (gchar *stream_id, gint force);
GstEvent *gst_nvevent_enc_force_intra (gchar *stream_id, gint force);
GstEvent *gst_nvevent_enc_iframeinterval_update (gchar *stream_id, guint interval);

/* The id is a copy, freed with g_free. Nothing is written for another event. */
void gst_nvevent_parse_dec_drop_frame_interval_update (GstEvent *event, gchar **stream_id, guint *interval);
void gst_nvevent_parse_dec_skip_frame_update (GstEvent *event, gchar **stream_id, guint *frame_type);
void gst_nvevent_parse_dec_enable_low_latency_mode (GstEvent *event, gchar **stream_id, gint *enable);
void gst_nvevent_parse_enc_bitrate_update (GstEvent *event, gchar **stream_id, guint *bitrate);
void gst_nvevent_parse_enc_force_idr (GstEvent *event, gchar **stream_id, gint *force);
void gst_nvevent_parse_enc_force_intra (GstEvent *event, gchar **stream_id, gint *force);
void gst_nvevent_parse_enc_iframeinterval_update (GstEvent *event, gchar **stream_id, guint *interval);

#ifdef __cplusplus
}
#endif

#endif
