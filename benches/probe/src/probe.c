/*
 * What an application does without rsssdparser: a pad probe in C that parses the tensors of
 * TensorFlow's object detection API, suppresses what overlaps, and attaches objects.
 *
 * Written as one would with the SDK's functions and some care: labels and memory are kept from
 * buffer to buffer, boxes are compared with the survivors of their class only after sorting, the
 * metadata's lock is taken once for each frame, and every field a detector sets is set.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

typedef struct {
  float x_min, y_min, x_max, y_max;
  float score;
  int class_id;
} Box;

typedef struct {
  Library nvds;

  guint unique_id;
  guint width;
  guint height;
  guint num_classes;
  gchar **labels;
  float *thresholds; /* one for each class */
  float iou_threshold;
  float min_width;
  float min_height;
  guint top_k; /* 0 for all */

  GArray *boxes; /* of Box, over the thresholds */
  GPtrArray *kept; /* into boxes */
} Probe;

Probe *rsnvds_probe_new(const char *meta_path, const char *gst_path, const char *labels,
                        guint unique_id, guint width, guint height, float score_threshold,
                        float iou_threshold, float min_size, guint top_k);
gulong rsnvds_probe_add(Probe *probe, GstPad *pad);
void rsnvds_probe_free(Probe *probe);

/* The layer of that name in host memory, if it has floats and at least so many. */
static const float *find_layer(const NvDsInferTensorMeta *tensor, const char *name, guint needed,
                               guint *count)
{
  for (guint i = 0; i < tensor->num_output_layers; i++) {
    const NvDsInferLayerInfo *layer = &tensor->output_layers_info[i];
    if (layer->dataType != FLOAT || strcmp(layer->layerName, name) != 0)
      continue;
    *count = layer->inferDims.numElements;
    return *count >= needed ? tensor->out_buf_ptrs_host[i] : NULL;
  }
  return NULL;
}

static float clamp(float value, float high)
{
  return value < 0 ? 0 : value > high ? high : value;
}

/* Fills probe->boxes with what is over the thresholds, in pixels of the frame. */
static gboolean read_boxes(Probe *probe, const NvDsInferTensorMeta *tensor)
{
  guint entries = 0, classes_count = 0, boxes_count = 0, one = 0;
  const float *num = find_layer(tensor, "num_detections", 1, &one);
  const float *scores = find_layer(tensor, "detection_scores", 0, &entries);
  const float *classes = find_layer(tensor, "detection_classes", entries, &classes_count);
  const float *boxes = find_layer(tensor, "detection_boxes", 4 * entries, &boxes_count);

  g_array_set_size(probe->boxes, 0);
  if (!num || !scores || !classes || !boxes || !isfinite(num[0]))
    return FALSE;

  guint n = num[0] < 0 ? 0 : num[0] > entries ? entries : (guint) num[0];
  for (guint i = 0; i < n; i++) {
    if (!(classes[i] >= 0 && classes[i] < probe->num_classes))
      continue;
    int class_id = (int) classes[i];
    if (!(scores[i] >= probe->thresholds[class_id]))
      continue;
    const float *sides = boxes + 4 * i; /* y_min, x_min, y_max, x_max in 0..1 */
    Box box = {
      .y_min = clamp(sides[0] * probe->height, probe->height),
      .x_min = clamp(sides[1] * probe->width, probe->width),
      .y_max = clamp(sides[2] * probe->height, probe->height),
      .x_max = clamp(sides[3] * probe->width, probe->width),
      .score = scores[i],
      .class_id = class_id,
    };
    if (box.x_max - box.x_min > probe->min_width && box.y_max - box.y_min > probe->min_height)
      g_array_append_val(probe->boxes, box);
  }
  return TRUE;
}

static int by_score(const void *a, const void *b)
{
  const Box *left = *(const Box *const *) a, *right = *(const Box *const *) b;
  if (left->score != right->score)
    return left->score > right->score ? -1 : 1;
  return left < right ? -1 : left > right;
}

static float overlap(const Box *a, const Box *b)
{
  float width = MIN(a->x_max, b->x_max) - MAX(a->x_min, b->x_min);
  float height = MIN(a->y_max, b->y_max) - MAX(a->y_min, b->y_min);
  if (width <= 0 || height <= 0)
    return 0;
  float both = width * height;
  float area_a = (a->x_max - a->x_min) * (a->y_max - a->y_min);
  float area_b = (b->x_max - b->x_min) * (b->y_max - b->y_min);
  return both / (area_a + area_b - both);
}

/* Leaves the best box of those that overlap, best score first, in probe->kept. */
static void suppress(Probe *probe)
{
  GPtrArray *kept = probe->kept;
  g_ptr_array_set_size(kept, (gint) probe->boxes->len);
  for (guint i = 0; i < probe->boxes->len; i++)
    kept->pdata[i] = &g_array_index(probe->boxes, Box, i);
  if (kept->len > 1)
    qsort(kept->pdata, kept->len, sizeof(gpointer), by_score);

  guint count = 0;
  for (guint i = 0; i < kept->len; i++) {
    const Box *box = kept->pdata[i];
    gboolean keep = TRUE;
    for (guint k = 0; k < count && keep; k++) {
      const Box *better = kept->pdata[k];
      keep = better->class_id != box->class_id || overlap(better, box) <= probe->iou_threshold;
    }
    if (keep)
      kept->pdata[count++] = kept->pdata[i];
  }
  if (probe->top_k > 0 && count > probe->top_k)
    count = probe->top_k;
  g_ptr_array_set_size(kept, (gint) count);
}

static void attach(const Probe *probe, NvDsBatchMeta *batch, NvDsFrameMeta *frame, const Box *box)
{
  static const NvOSD_ColorParams red = { 1, 0, 0, 1 }, white = { 1, 1, 1, 1 }, black = { 0, 0, 0, 1 };
  static char font[] = "Serif";
  const char *label = probe->labels[box->class_id];
  NvDsObjectMeta *object = probe->nvds.acquire_object(batch);

  object->unique_component_id = (gint) probe->unique_id;
  object->class_id = box->class_id;
  object->object_id = UNTRACKED_OBJECT_ID;
  object->confidence = box->score;
  g_strlcpy(object->obj_label, label, MAX_LABEL_SIZE);

  NvOSD_RectParams *rect = &object->rect_params;
  rect->left = box->x_min;
  rect->top = box->y_min;
  rect->width = box->x_max - box->x_min;
  rect->height = box->y_max - box->y_min;
  rect->border_width = 3;
  rect->border_color = red;
  rect->has_bg_color = 0;
  rect->rotation_angle = 0;

  NvBbox_Coords *detector = &object->detector_bbox_info.org_bbox_coords;
  detector->left = rect->left;
  detector->top = rect->top;
  detector->width = rect->width;
  detector->height = rect->height;

  NvOSD_TextParams *text = &object->text_params;
  text->display_text = g_strdup_printf("%s %.3f", label, box->score);
  text->x_offset = (unsigned) rect->left;
  text->y_offset = rect->top > 10 ? (unsigned) (rect->top - 10) : 0;
  text->font_params.font_name = font;
  text->font_params.font_size = 10;
  text->font_params.font_color = white;
  text->set_bg_clr = 1;
  text->text_bg_clr = black;

  probe->nvds.add_object(frame, object, NULL);
}

static void process_frame(Probe *probe, NvDsBatchMeta *batch, NvDsFrameMeta *frame)
{
  for (GList *l = frame->frame_user_meta_list; l; l = l->next) {
    const NvDsUserMeta *user = l->data;
    if (user->base_meta.meta_type != NVDSINFER_TENSOR_OUTPUT_META)
      continue;
    const NvDsInferTensorMeta *tensor = user->user_meta_data;
    if (tensor->unique_id != probe->unique_id || !read_boxes(probe, tensor))
      continue;
    suppress(probe);
    probe->nvds.lock(batch);
    for (guint i = 0; i < probe->kept->len; i++)
      attach(probe, batch, frame, probe->kept->pdata[i]);
    frame->bInferDone = TRUE;
    probe->nvds.unlock(batch);
  }
}

static GstPadProbeReturn on_buffer(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Probe *probe = data;
  NvDsBatchMeta *batch = probe->nvds.get_batch_meta(GST_PAD_PROBE_INFO_BUFFER(info));
  if (batch)
    for (GList *l = batch->frame_meta_list; l; l = l->next)
      process_frame(probe, batch, l->data);
  return GST_PAD_PROBE_OK;
}

/* Both libraries must be in the process. Labels are separated by newlines. NULL without them. */
Probe *rsnvds_probe_new(const char *meta_path, const char *gst_path, const char *labels,
                        guint unique_id, guint width, guint height, float score_threshold,
                        float iou_threshold, float min_size, guint top_k)
{
  Probe *probe = g_new0(Probe, 1);
  probe->boxes = g_array_new(FALSE, FALSE, sizeof(Box));
  probe->kept = g_ptr_array_new();
  probe->labels = g_strsplit(labels, "\n", -1);
  probe->num_classes = g_strv_length(probe->labels);
  probe->thresholds = g_new(float, probe->num_classes);
  for (guint i = 0; i < probe->num_classes; i++)
    probe->thresholds[i] = score_threshold;
  probe->unique_id = unique_id;
  probe->width = width;
  probe->height = height;
  probe->iou_threshold = iou_threshold;
  probe->min_width = probe->min_height = min_size;
  probe->top_k = top_k;
  if (!find_library(&probe->nvds, meta_path, gst_path)) {
    rsnvds_probe_free(probe);
    return NULL;
  }
  return probe;
}

/* The pad owns the probe from here on. */
gulong rsnvds_probe_add(Probe *probe, GstPad *pad)
{
  return gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, probe,
                           (GDestroyNotify) rsnvds_probe_free);
}

void rsnvds_probe_free(Probe *probe)
{
  g_array_free(probe->boxes, TRUE);
  g_ptr_array_free(probe->kept, TRUE);
  g_strfreev(probe->labels);
  g_free(probe->thresholds);
  g_free(probe);
}
