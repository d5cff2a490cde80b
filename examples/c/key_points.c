/* Reads key points in a probe in C, by the header rsnvds.h that the packages install.
 *
 *   cc -Wall -Wextra -Iinclude/deepstream examples/c/key_points.c -o out/key_points \
 *      $(pkg-config --cflags --libs rsnvds gstreamer-1.0) -L.deps/nvds -lnvdsgst_meta -lnvds_meta
 *   scripts/app.sh out/key_points pipelines/pose.txt
 *
 * Takes any launch text with one rsmetajson, before which it reads, and prints what examples/python/key_points.py prints. With
 * DeepStream, -I and -L are its own folders. Without an installed package, -Iinclude serves for pkg-config's rsnvds.
 */
#include <rsnvds.h>

#include "probe.h"

/* Prints the points of an object that the network is sure of. */
static void
print_points (NvDsFrameMeta *frame, NvDsObjectMeta *object, const RsNvdsKeyPoints *points)
{
  if (points->count == 0 || points->count > RSNVDS_MOST_KEY_POINTS)
    return;
  g_print ("source %u frame %d: %s", frame->source_id, frame->frame_num, object->obj_label);
  for (uint32_t i = 0; i < points->count; i++) {
    const RsNvdsKeyPoint *point = &points->points[i];
    if (point->confidence > 0.5f)
      g_print (" %u:%.0f,%.0f", i, point->x, point->y);
  }
  g_print ("\n");
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  (void) pad;
  (void) data;
  NvDsBatchMeta *batch = gst_buffer_get_nvds_batch_meta (GST_PAD_PROBE_INFO_BUFFER (info));
  if (batch == NULL)
    return GST_PAD_PROBE_OK;
  NvDsMetaType type = nvds_get_user_meta_type ((gchar *) RSNVDS_KEY_POINTS_TYPE);
  nvds_acquire_meta_lock (batch);
  for (GList *f = batch->frame_meta_list; f != NULL; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    /* The library keeps the newest first. */
    for (GList *o = g_list_last (frame->obj_meta_list); o != NULL; o = o->prev) {
      NvDsObjectMeta *object = o->data;
      for (GList *u = object->obj_user_meta_list; u != NULL; u = u->next) {
        NvDsUserMeta *user = u->data;
        if (user->base_meta.meta_type == type && user->user_meta_data != NULL) {
          print_points (frame, object, user->user_meta_data);
          break;
        }
      }
    }
  }
  nvds_release_meta_lock (batch);
  return GST_PAD_PROBE_OK;
}

int
main (int argc, char **argv)
{
  return play_with_probe (argc, argv, on_buffer);
}
