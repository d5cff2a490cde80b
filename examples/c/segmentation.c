/* Reads class maps in a probe in C, by DeepStream's own struct: how many pixels have each class, and how many have none.
 *
 *   cc -Wall -Wextra -Iinclude/deepstream examples/c/segmentation.c -o out/segmentation \
 *      $(pkg-config --cflags --libs gstreamer-1.0) -L.deps/nvds -lnvdsgst_meta -lnvds_meta
 *   scripts/app.sh out/segmentation pipelines/segmentation.txt
 *
 * Takes any launch text with one rsmetajson. With DeepStream, -I and -L are its own folders.
 */
#include "probe.h"

#include "gstnvdsinfer.h"

/* Prints the counts of a map. */
static void
print_counts (NvDsFrameMeta *frame, const NvDsInferSegmentationMeta *map)
{
  if (map->class_map == NULL)
    return;
  guint64 *counts = g_new0 (guint64, map->classes + 1);
  guint64 pixels = (guint64) map->width * map->height;
  for (guint64 i = 0; i < pixels; i++) {
    gint class = map->class_map[i];
    /* -1 is a pixel without a class. */
    counts[class >= 0 && (guint) class < map->classes ? (guint) class : map->classes]++;
  }
  g_print ("source %u frame %d: %ux%u", frame->source_id, frame->frame_num, map->width, map->height);
  for (guint class = 0; class < map->classes; class++)
    g_print (" %u:%" G_GUINT64_FORMAT, class, counts[class]);
  g_print (" none:%" G_GUINT64_FORMAT "\n", counts[map->classes]);
  g_free (counts);
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  (void) pad;
  (void) data;
  NvDsBatchMeta *batch = gst_buffer_get_nvds_batch_meta (GST_PAD_PROBE_INFO_BUFFER (info));
  if (batch == NULL)
    return GST_PAD_PROBE_OK;
  nvds_acquire_meta_lock (batch);
  for (GList *f = batch->frame_meta_list; f != NULL; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    for (GList *u = frame->frame_user_meta_list; u != NULL; u = u->next) {
      NvDsUserMeta *user = u->data;
      if (user->base_meta.meta_type == NVDSINFER_SEGMENTATION_META && user->user_meta_data != NULL)
        print_counts (frame, user->user_meta_data);
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
