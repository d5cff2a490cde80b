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

/* The one rsmetajson of a pipeline, NULL if there is none. */
static GstElement *
find_writer (GstElement *pipeline)
{
  GstIterator *all = gst_bin_iterate_recurse (GST_BIN (pipeline));
  GValue value = G_VALUE_INIT;
  GstElement *found = NULL;
  while (found == NULL && gst_iterator_next (all, &value) == GST_ITERATOR_OK) {
    GstElement *element = g_value_get_object (&value);
    GstElementFactory *factory = gst_element_get_factory (element);
    if (factory != NULL && g_str_equal (GST_OBJECT_NAME (factory), "rsmetajson"))
      found = gst_object_ref (element);
    g_value_reset (&value);
  }
  gst_iterator_free (all);
  return found;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  gchar *text = NULL;
  GError *error = NULL;
  if (argc != 2) {
    g_printerr ("usage: %s PIPELINE.txt\n", argv[0]);
    return 2;
  }
  GstElement *pipeline = NULL;
  if (g_file_get_contents (argv[1], &text, NULL, &error))
    pipeline = gst_parse_launch (text, &error);
  if (error != NULL || pipeline == NULL) {
    g_printerr ("error: %s\n", error != NULL ? error->message : "no pipeline");
    return 1;
  }
  GstElement *writer = find_writer (pipeline);
  if (writer == NULL) {
    g_printerr ("error: the pipeline has no rsmetajson\n");
    return 1;
  }
  g_object_set (writer, "location", "", NULL);
  gst_util_set_object_arg (G_OBJECT (writer), "emit", "signal");
  GstPad *pad = gst_element_get_static_pad (writer, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, NULL, NULL);
  gst_object_unref (pad);
  gst_object_unref (writer);
  int failed = play (pipeline);
  gst_object_unref (pipeline);
  g_free (text);
  return failed;
}
