/* Sources that are added and removed while the pipeline plays, in the style of the sample runtime_source_add_delete: the next one
 * comes when the newest has had 10 frames; when all are there, the oldest goes each 10 frames, and the last plays to its end. A
 * source that ends or fails is removed, and the others go on.
 *
 *   cc -Wall -Wextra -Iinclude/deepstream examples/c/runtime_sources.c -o out/runtime_sources \
 *      $(pkg-config --cflags --libs gstreamer-1.0) -L.deps/nvds -lnvdsgst_meta -lnvds_meta -lm
 *   scripts/app.sh out/runtime_sources pgie.txt file:///films/a.mp4 file:///films/b.mp4 file:///films/c.mp4
 */
#include <math.h>

#include "probe.h"

#define STEP 10

typedef struct {
  GstElement *pipeline, *mux;
  char **uris;
  gint count;
  /* By number; NULL if it was not added yet, or is gone. */
  GstElement **sources;
  gint next;
  /* The source whose frames are counted, and the number of its frame at which something is to be done; -1 when that is under
   * way. The probe reads both. */
  gint watched, due;
} App;

/* Counts the frames of one source, and tells the main thread when there are enough: elements are not removed from here. */
static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  App *app = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  NvDsBatchMeta *batch = gst_buffer_get_nvds_batch_meta (buffer);
  (void) pad;
  print_objects (buffer);
  for (GList *f = batch != NULL ? batch->frame_meta_list : NULL; f != NULL; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    gint due = g_atomic_int_get (&app->due);
    if ((gint) frame->source_id == g_atomic_int_get (&app->watched) && due >= 0 && frame->frame_num >= due
        && g_atomic_int_compare_and_exchange (&app->due, due, -1))
      gst_element_post_message (app->pipeline,
          gst_message_new_application (GST_OBJECT (app->pipeline),
              gst_structure_new ("step", "frame", G_TYPE_INT, frame->frame_num, NULL)));
  }
  return GST_PAD_PROBE_OK;
}

static void
watch (App *app, gint source, gint due)
{
  g_atomic_int_set (&app->watched, source);
  g_atomic_int_set (&app->due, due);
}

/* The number of the first source that is there, or of the last; -1 if there is none. */
static gint
find_source (const App *app, gboolean last)
{
  for (gint i = 0; i < app->count; i++) {
    gint number = last ? app->count - 1 - i : i;
    if (app->sources[number] != NULL)
      return number;
  }
  return -1;
}

static void
add_next (App *app)
{
  gint number = app->next++;
  g_printerr ("adding source %d\n", number);
  /* Sinks that were told of an end take nothing more. */
  g_object_set (app->mux, "drop-pipeline-eos", app->next < app->count, NULL);
  app->sources[number] = make_source (app->pipeline, app->mux, number, app->uris[number]);
  watch (app, number, STEP - 1);
  gst_element_sync_state_with_parent (app->sources[number]);
}

static void
remove_number (App *app, gint number)
{
  GstElement *source = app->sources[number];
  g_printerr ("removing source %d\n", number);
  app->sources[number] = NULL;
  remove_source (app->pipeline, app->mux, source);
}

/* A source has ended, failed, or is to go. FALSE when that was all. */
static gboolean
drop_source (App *app, gint number)
{
  remove_number (app, number);
  gint left = find_source (app, TRUE);
  if (left < 0) {
    if (app->next < app->count)
      add_next (app);
    return app->next < app->count || find_source (app, TRUE) >= 0;
  }
  /* Nothing more comes from it: the next step is due. */
  if (number == g_atomic_int_get (&app->watched))
    watch (app, left, 0);
  return TRUE;
}

/* The frame with the number `frame` of the watched source was there. */
static void
step (App *app, gint frame)
{
  gint first = find_source (app, FALSE), last = find_source (app, TRUE);
  if (app->next < app->count) {
    add_next (app);
  } else if (first != last) {
    remove_number (app, first);
    watch (app, last, frame + STEP);
  }
}

/* FALSE when the program is to end; *failed tells why. */
static gboolean
on_message (App *app, GstMessage *message, int *failed)
{
  const GstStructure *structure = gst_message_get_structure (message);
  guint ended = 0;
  gint number = 0;
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_APPLICATION:
      gst_structure_get_int (structure, "frame", &number);
      step (app, number);
      return TRUE;
    case GST_MESSAGE_ELEMENT:
      /* The mux says so of each source. The last one's end is the pipeline's. */
      if (gst_structure_has_name (structure, "stream-eos") && gst_structure_get_uint (structure, "stream-id", &ended)
          && (gint) ended < app->count && app->sources[ended] != NULL
          && (app->next < app->count || find_source (app, FALSE) != find_source (app, TRUE)))
        return drop_source (app, ended);
      return TRUE;
    case GST_MESSAGE_ERROR:
      number = failed_source (app->pipeline, app->sources, app->count, message);
      *failed = number == -1;
      return number >= 0 ? drop_source (app, number) : !*failed;
    default:
      return app->next < app->count;
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc < 3) {
    g_printerr ("usage: %s PGIE_CONFIG URI...\n", argv[0]);
    return 2;
  }
  App app = { .pipeline = gst_pipeline_new ("runtime-sources"), .uris = argv + 2, .count = argc - 2 };
  gint rows = (gint) sqrt (app.count), columns = (app.count + rows - 1) / rows;
  app.sources = g_new0 (GstElement *, app.count);
  app.mux = make (app.pipeline, "nvstreammux");
  GstElement *detector = make (app.pipeline, "nvinfer"), *tiler = make (app.pipeline, "nvmultistreamtiler");
  GstElement *convert = make (app.pipeline, "nvvideoconvert"), *osd = make (app.pipeline, "nvdsosd");
  GstElement *sink = make_named (app.pipeline, "nveglglessink", "picture");
  /* One frame of each source in a batch, as of cameras. */
  g_object_set (app.mux, "batch-size", app.count, "width", 640, "height", 480, "batched-push-timeout", 25000,
      "live-source", TRUE, NULL);
  g_object_set (detector, "config-file-path", argv[1], "batch-size", app.count, NULL);
  g_object_set (tiler, "rows", rows, "columns", columns, "width", 640 * columns, "height", 480 * rows, NULL);
  g_object_set (sink, "sync", FALSE, NULL);
  if (!gst_element_link_many (app.mux, detector, tiler, convert, osd, sink, NULL)) {
    g_printerr ("error: the elements cannot be linked\n");
    return 1;
  }
  add_probe (tiler, "sink", on_buffer, &app);
  add_next (&app);

  int failed = 0;
  GstBus *bus = gst_element_get_bus (app.pipeline);
  gst_element_set_state (app.pipeline, GST_STATE_PLAYING);
  for (gboolean running = TRUE; running;) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_APPLICATION | GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    running = on_message (&app, message, &failed);
    gst_message_unref (message);
  }
  gst_object_unref (bus);
  gst_element_set_state (app.pipeline, GST_STATE_NULL);
  gst_object_unref (app.pipeline);
  g_free (app.sources);
  return failed;
}
