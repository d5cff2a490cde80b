/* Events for DeepStream's elements, in libnvdsgst_customhelper.so: `make build` makes one without a GPU. Of the stand-ins,
 * nvdsosd takes its own; the others pass through. */
#ifndef RSNVDS_DEEPSTREAM_GST_NVDSCUSTOMEVENT_H
#define RSNVDS_DEEPSTREAM_GST_NVDSCUSTOMEVENT_H

#include <gst/gst.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A region of nvdspreprocess, in pixels. */
typedef struct RoiDimension {
  gchar roi_id[128];
  guint left;
  guint top;
  guint width;
  guint height;
} RoiDimension;

GstEvent *gst_nvevent_new_roi_update (gchar *stream_id, guint roi_count, RoiDimension *roi_dim);
GstEvent *gst_nvevent_infer_interval_update (gchar *stream_id, guint interval);
GstEvent *gst_nvevent_nvtracker_config_update (gchar *stream_id, gchar *config_path);
GstEvent *gst_nvevent_osd_process_mode_update (gchar *stream_id, guint process_mode);
GstEvent *gst_nvevent_analytics_reload_config_update (gchar *config_file_path);

/* Texts and regions are copies, freed with g_free. Nothing is written for another event. */
void gst_nvevent_parse_roi_update (GstEvent *event, gchar **stream_id, guint *roi_count, RoiDimension **roi_dim);
void gst_nvevent_parse_infer_interval_update (GstEvent *event, gchar **stream_id, guint *interval);
void gst_nvevent_parse_nvtracker_config_update (GstEvent *event, gchar **stream_id, gchar **config_path);
void gst_nvevent_parse_osd_process_mode_update (GstEvent *event, gchar **stream_id, guint *process_mode);
void gst_nvevent_parse_analytics_reload_config_update (GstEvent *event, gchar **config_file_path);

#ifdef __cplusplus
}
#endif

#endif
