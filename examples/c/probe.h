/* What the programs here share: printing the objects of a buffer, making and linking elements, and playing a pipeline to its
 * end. */
#include <stdlib.h>

#include <gst/gst.h>

#include "gstnvdsmeta.h"

/* Prints a line for each frame of the batch: its source, its number, and each object's label with its box in pixels. */
static inline void
print_objects (GstBuffer *buffer)
{
  NvDsBatchMeta *batch = gst_buffer_get_nvds_batch_meta (buffer);
  if (batch == NULL)
    return;
  for (GList *f = batch->frame_meta_list; f != NULL; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    /* In one piece: behind a demux each stream has a thread of its own. */
    GString *line = g_string_new (NULL);
    g_string_printf (line, "source %u frame %d:", frame->source_id, frame->frame_num);
    for (GList *o = frame->obj_meta_list; o != NULL; o = o->next) {
      NvDsObjectMeta *object = o->data;
      NvOSD_RectParams *box = &object->rect_params;
      g_string_append_printf (line, " %s[%.0f %.0f %.0f %.0f]", object->obj_label, box->left, box->top, box->width,
          box->height);
    }
    g_print ("%s\n", line->str);
    g_string_free (line, TRUE);
  }
}

/* A new element in the pipeline. Says so and ends the program if there is none of this kind. */
static inline GstElement *
make_named (GstElement *pipeline, const char *factory, const char *name)
{
  GstElement *element = gst_element_factory_make (factory, name);
  if (element == NULL) {
    g_printerr ("error: %s could not be created\n", factory);
    exit (1);
  }
  gst_bin_add (GST_BIN (pipeline), element);
  return element;
}

static inline GstElement *
make (GstElement *pipeline, const char *factory)
{
  return make_named (pipeline, factory, NULL);
}

/* Links a pad of one element to a pad of another; both may be asked for. Ends the program if that cannot be done. */
static inline void
link_pads (GstElement *from, const char *source, GstElement *to, const char *sink)
{
  if (!gst_element_link_pads (from, source, to, sink)) {
    g_printerr ("error: %s.%s and %s.%s cannot be linked\n", GST_OBJECT_NAME (from), source, GST_OBJECT_NAME (to), sink);
    exit (1);
  }
}

/* A new nvurisrcbin, whose video goes to the mux's pad sink_NUMBER as soon as there is some. */
static inline void
on_source_pad (GstElement *source, GstPad *pad, gpointer to)
{
  (void) source;
  if (g_str_has_prefix (GST_PAD_NAME (pad), "vsrc_") && gst_pad_link (pad, to) != GST_PAD_LINK_OK)
    g_printerr ("error: %s cannot be linked to the mux\n", GST_PAD_NAME (pad));
}

static inline GstElement *
make_source (GstElement *pipeline, GstElement *mux, guint number, const char *uri)
{
  char *name = g_strdup_printf ("source_%u", number), *pad_name = g_strdup_printf ("sink_%u", number);
  GstElement *source = make_named (pipeline, "nvurisrcbin", name);
  GstPad *pad = gst_element_request_pad_simple (mux, pad_name);
  g_object_set (source, "uri", uri, NULL);
  g_object_set_data_full (G_OBJECT (source), "to", pad, gst_object_unref);
  g_signal_connect (source, "pad-added", G_CALLBACK (on_source_pad), pad);
  g_free (name);
  g_free (pad_name);
  return source;
}

/* Takes a source out of a playing pipeline: first it stops, then its pad of the mux goes, so that nobody waits for it. What the
 * mux has of it still goes out. */
static inline void
remove_source (GstElement *pipeline, GstElement *mux, GstElement *source)
{
  GstPad *pad = gst_object_ref (g_object_get_data (G_OBJECT (source), "to"));
  gst_element_set_state (source, GST_STATE_NULL);
  gst_element_release_request_pad (mux, pad);
  gst_bin_remove (GST_BIN (pipeline), source);
  gst_object_unref (pad);
  /* A source that fails at the start ends the change of state. */
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
}

/* The number of the source that an error came from, after naming it; -1 if it came from none, and -2 if it came from one that
 * is gone. Places of sources that are not there are NULL. */
static inline gint
failed_source (GstElement *pipeline, GstElement **sources, gint count, GstMessage *message)
{
  GstObject *from = GST_MESSAGE_SRC (message);
  GError *error = NULL;
  gint number = count - 1;
  while (number >= 0 && (sources[number] == NULL || (from != GST_OBJECT (sources[number])
              && !gst_object_has_as_ancestor (from, GST_OBJECT (sources[number])))))
    number--;
  if (number < 0 && from != GST_OBJECT (pipeline) && !gst_object_has_as_ancestor (from, GST_OBJECT (pipeline)))
    return -2;
  gst_message_parse_error (message, &error, NULL);
  if (number >= 0)
    g_printerr ("source %d failed: %s\n", number, error->message);
  else
    g_printerr ("error: %s\n", error->message);
  g_error_free (error);
  return number;
}

/* Has a function called with each buffer that comes to an element's pad. */
static inline void
add_probe (GstElement *element, const char *pad_name, GstPadProbeCallback on_buffer, gpointer data)
{
  GstPad *pad = gst_element_get_static_pad (element, pad_name);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, data, NULL);
  gst_object_unref (pad);
}

/* Plays to the end; 1 after an error. */
static inline int
play (GstElement *pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  int failed = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  if (failed) {
    GError *error = NULL;
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("error: %s\n", error->message);
    g_error_free (error);
  }
  gst_message_unref (message);
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return failed;
}

/* The one rsmetajson of a pipeline, NULL if there is none. */
static inline GstElement *
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

/* Plays the pipeline of the file that the program is called with, and calls `probe` with each buffer behind its rsmetajson, which
 * itself writes nothing. Returns what main is to return. */
static inline int
play_with_probe (int argc, char **argv, GstPadProbeCallback probe)
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
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, probe, NULL, NULL);
  gst_object_unref (pad);
  gst_object_unref (writer);
  int failed = play (pipeline);
  gst_object_unref (pipeline);
  g_free (text);
  return failed;
}
