/* Reads what the elements of rsnvds tell an application: objects by label of every frame, and statistics.
 *
 *   cc -Wall -Wextra messages.c -o messages $(pkg-config --cflags --libs gstreamer-1.0)
 *   ./messages pipelines/ssd-parser.txt
 *
 * Takes any launch text with one rsssdparser and one rsosdannotate.
 */
#include <gst/gst.h>

/* The first element of a kind, owned by the caller; NULL if there is none. */
static GstElement *
find_element (GstBin *pipeline, const char *factory)
{
  GValue item = G_VALUE_INIT;
  GstElement *found = NULL;
  GstIterator *all = gst_bin_iterate_all_by_element_factory_name (pipeline, factory);
  if (gst_iterator_next (all, &item) == GST_ITERATOR_OK) {
    found = g_value_dup_object (&item);
    g_value_unset (&item);
  }
  gst_iterator_free (all);
  return found;
}

/* Adds the objects of one message to the totals, a hash table from label to number. */
static void
add_counts (GHashTable *totals, const GstStructure *message)
{
  const GValue *list = gst_structure_get_value (message, "label-counts");
  if (list == NULL || !GST_VALUE_HOLDS_LIST (list))
    return;
  for (guint i = 0; i < gst_value_list_get_size (list); i++) {
    const GstStructure *entry = gst_value_get_structure (gst_value_list_get_value (list, i));
    const char *label = gst_structure_get_string (entry, "label");
    guint count = 0;
    gst_structure_get_uint (entry, "count", &count);
    count += GPOINTER_TO_UINT (g_hash_table_lookup (totals, label));
    g_hash_table_replace (totals, g_strdup (label), GUINT_TO_POINTER (count));
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc != 2) {
    g_printerr ("usage: %s PIPELINE.txt\n", argv[0]);
    return 2;
  }
  char *text = NULL;
  GError *error = NULL;
  GstElement *pipeline = NULL;
  if (g_file_get_contents (argv[1], &text, NULL, &error))
    pipeline = gst_parse_launch (text, &error);
  g_free (text);
  if (error != NULL) {
    g_printerr ("error: %s\n", error->message);
    return 1;
  }
  GstElement *parser = find_element (GST_BIN (pipeline), "rsssdparser");
  GstElement *annotate = find_element (GST_BIN (pipeline), "rsosdannotate");
  if (parser == NULL || annotate == NULL) {
    g_printerr ("error: the pipeline needs one rsssdparser and one rsosdannotate\n");
    return 1;
  }
  g_object_set (annotate, "post-messages", TRUE, NULL);

  GHashTable *totals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GstBus *bus = gst_element_get_bus (pipeline);
  gboolean running = TRUE;
  int code = 0;
  while (running) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &error, NULL);
      g_printerr ("error: %s\n", error->message);
      g_clear_error (&error);
      code = 1;
      running = FALSE;
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
      running = FALSE;
    } else if (gst_message_has_name (message, "rsosdannotate")) {
      add_counts (totals, gst_message_get_structure (message));
    }
    gst_message_unref (message);
  }

  GstStructure *stats = NULL;
  guint64 frames = 0, mean = 0;
  g_object_get (parser, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "frames", &frames);
  gst_structure_get_uint64 (stats, "time-mean", &mean);
  gst_structure_free (stats);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  GHashTableIter iterator;
  gpointer label, count;
  g_hash_table_iter_init (&iterator, totals);
  while (g_hash_table_iter_next (&iterator, &label, &count))
    g_print ("objects %s %u\n", (const char *) label, GPOINTER_TO_UINT (count));
  g_print ("frames %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT " ns each in rsssdparser\n", frames, mean);

  g_hash_table_unref (totals);
  gst_object_unref (bus);
  gst_object_unref (parser);
  gst_object_unref (annotate);
  gst_object_unref (pipeline);
  return code;
}
