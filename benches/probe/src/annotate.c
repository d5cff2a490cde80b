/*
 * What an application does without rsosdannotate: a pad probe in C that counts objects and writes one
 * text, as DeepStream's first sample does, or that gives objects the looks of
 * benches/osdannotate/style.toml. Corners in a track's colour, labels, dots, crosses, circles,
 * arrows, traces, a zone, a line, redaction. Of both, as many shapes of a kind are attached as
 * rsosdannotate does.
 *
 * Written with some care: one hash lookup for each object, ring buffers instead of lists, tracks
 * forgotten after a timeout, one display meta until a kind is full, no string built twice.
 */
#include <malloc.h>
#include <math.h>
#include <string.h>

#include "library.h"

#define POINTS 32
#define SPEED_FRAMES 8
#define ARROW_FRAMES 10
#define TIMEOUT (5 * GST_SECOND)
#define BAND 3.6f
#define TRACE_STEP 8

typedef struct { float x, y; } Point;

typedef struct {
  guint64 id; /* of the source and the track */
  guint64 seen;
  guint frame;
  guint count, next;
  Point points[POINTS];
  guint frames[POINTS];
  gint side;
  Point side_at;
} Track;

typedef struct {
  Library nvds;

  guint width, height;
  gboolean styled, traces;
  guint metas; /* nothing else is done, if not 0 */
  GHashTable *tracks; /* guint64 -> Track */
  guint frame;
  guint in, out;
} State;

State *rsnvds_annotate_new(const char *meta_path, const char *gst_path, guint width, guint height,
                           gboolean styled, gboolean traces, guint metas);
void rsnvds_steady_heap(void);
size_t rsnvds_heap_in_use(void);
gulong rsnvds_annotate_add(State *state, GstPad *pad);

static const double PALETTE[7][3] = {
  {0.902, 0.624, 0.0}, {0.337, 0.706, 0.914}, {0.0, 0.620, 0.451}, {0.941, 0.894, 0.259},
  {0.0, 0.447, 0.698}, {0.835, 0.369, 0.0}, {0.8, 0.475, 0.655},
};
static const Point ZONE[4] = {{200, 200}, {1000, 200}, {1000, 900}, {200, 900}};
static const Point LINE_A = {960, 100}, LINE_B = {960, 1000};

/* Where shapes go, and what they go to next. */
typedef struct {
  const State *state;
  NvDsBatchMeta *batch;
  NvDsFrameMeta *frame;
  NvDsDisplayMeta *display;
  float right, bottom;
} Canvas;

static void more(Canvas *c)
{
  c->display = c->state->nvds.acquire_display(c->batch);
  c->display->num_rects = c->display->num_labels = c->display->num_lines = 0;
  c->display->num_arrows = c->display->num_circles = 0;
  c->state->nvds.add_display(c->frame, c->display);
}

/* Bytes that the program has of the allocator, in all arenas and in mappings. */
size_t rsnvds_heap_in_use(void)
{
#if __GLIBC_PREREQ(2, 33)
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    struct mallinfo info = mallinfo();
    return (size_t)(unsigned)info.uordblks + (size_t)(unsigned)info.hblkhd;
#endif
}

/* Liang and Barsky's method. */
static gboolean clip(const Canvas *c, Point *a, Point *b)
{
  float dx = b->x - a->x, dy = b->y - a->y, enter = 0, leave = 1;
  float step[4] = {-dx, dx, -dy, dy};
  float room[4] = {a->x, c->right - a->x, a->y, c->bottom - a->y};
  for (int i = 0; i < 4; i++) {
    if (step[i] == 0) {
      if (room[i] < 0)
        return FALSE;
    } else if (step[i] < 0) {
      enter = fmaxf(enter, room[i] / step[i]);
    } else {
      leave = fminf(leave, room[i] / step[i]);
    }
  }
  if (enter > leave)
    return FALSE;
  if (leave < 1) {
    b->x = a->x + leave * dx;
    b->y = a->y + leave * dy;
  }
  if (enter > 0) {
    a->x += enter * dx;
    a->y += enter * dy;
  }
  return TRUE;
}

static void line(Canvas *c, Point a, Point b, guint width, const NvOSD_ColorParams *color)
{
  if (!clip(c, &a, &b))
    return;
  if (!c->display || c->display->num_lines == MAX_ELEMENTS_IN_DISPLAY_META)
    more(c);
  NvOSD_LineParams *l = &c->display->line_params[c->display->num_lines++];
  l->x1 = (guint) (a.x + 0.5f);
  l->y1 = (guint) (a.y + 0.5f);
  l->x2 = (guint) (b.x + 0.5f);
  l->y2 = (guint) (b.y + 0.5f);
  l->line_width = width;
  l->line_color = *color;
}

static void circle(Canvas *c, Point at, guint radius, guint width, const NvOSD_ColorParams *color,
                   gboolean fill)
{
  if (at.x < 0 || at.y < 0 || at.x > c->right || at.y > c->bottom)
    return;
  if (!c->display || c->display->num_circles == MAX_ELEMENTS_IN_DISPLAY_META)
    more(c);
  NvOSD_CircleParams *p = &c->display->circle_params[c->display->num_circles++];
  memset(p, 0, sizeof *p);
  p->xc = (guint) (at.x + 0.5f);
  p->yc = (guint) (at.y + 0.5f);
  p->radius = radius;
  p->circle_width = width;
  p->circle_color = *color;
  p->has_bg_color = fill;
  p->bg_color = *color;
}

static void cover(Canvas *c, const NvOSD_RectParams *r)
{
  float left = floorf(r->left - 0.1f * r->width), top = floorf(r->top - 0.1f * r->height);
  float right = ceilf(r->left + 1.1f * r->width), bottom = ceilf(r->top + 1.1f * r->height);
  if (!c->display || c->display->num_rects == MAX_ELEMENTS_IN_DISPLAY_META)
    more(c);
  NvOSD_RectParams *p = &c->display->rect_params[c->display->num_rects++];
  memset(p, 0, sizeof *p);
  left = fmaxf(left, 0) - 1;
  top = fmaxf(top, 0) - 1;
  p->left = left;
  p->top = top;
  p->width = fminf(right, c->right + 1) - left;
  p->height = fminf(bottom, c->bottom + 1) - top;
  p->has_bg_color = 1;
  p->border_color.alpha = p->bg_color.alpha = 1;
}

static void text(Canvas *c, const char *words, guint x, guint y)
{
  if (!c->display || c->display->num_labels == MAX_ELEMENTS_IN_DISPLAY_META)
    more(c);
  NvOSD_TextParams *t = &c->display->text_params[c->display->num_labels++];
  memset(t, 0, sizeof *t);
  t->display_text = g_strdup(words);
  t->x_offset = x;
  t->y_offset = y;
  t->font_params.font_name = (char *) "Serif";
  t->font_params.font_size = 10;
  t->font_params.font_color = (NvOSD_ColorParams) {1, 1, 1, 1};
  t->set_bg_clr = 1;
  t->text_bg_clr = (NvOSD_ColorParams) {0, 0, 0, 1};
}

/* Whole pixels of one colour. */
static void bar(Canvas *c, float left, float top, float right, float bottom,
                const NvOSD_ColorParams *color)
{
  left = fmaxf(left, 0), top = fmaxf(top, 0);
  right = fminf(right, c->right + 1), bottom = fminf(bottom, c->bottom + 1);
  if (left >= right || top >= bottom)
    return;
  if (!c->display || c->display->num_rects == MAX_ELEMENTS_IN_DISPLAY_META)
    more(c);
  NvOSD_RectParams *p = &c->display->rect_params[c->display->num_rects++];
  memset(p, 0, sizeof *p);
  p->left = left - 1;
  p->top = top - 1;
  p->width = right - left + 1;
  p->height = bottom - top + 1;
  p->has_bg_color = 1;
  p->border_color = p->bg_color = *color;
}

static void corners(Canvas *c, const NvOSD_RectParams *r, const NvOSD_ColorParams *color)
{
  float left = truncf(r->left), top = truncf(r->top);
  float right = truncf(left + r->width), bottom = truncf(top + r->height);
  float arm = roundf(0.25f * fminf(right - left, bottom - top));
  for (int i = 0; i < 4; i++) {
    float x = i & 1 ? right : left, y = i & 2 ? bottom : top;
    bar(c, i & 1 ? x - arm : x - 1, y - 1, i & 1 ? x + 2 : x + arm + 1, y + 2, color);
    if (i & 2)
      bar(c, x - 1, y - arm, x + 2, y - 1, color);
    else
      bar(c, x - 1, y + 2, x + 2, y + arm + 1, color);
  }
}

static Track *remember(State *s, guint source, guint64 id, guint64 pts, Point at)
{
  id |= (guint64) source << 48;
  Track *t = g_hash_table_lookup(s->tracks, &id);
  if (!t) {
    t = g_new0(Track, 1);
    t->id = id;
    g_hash_table_insert(s->tracks, &t->id, t);
  }
  t->seen = pts;
  t->points[t->next] = at;
  t->frames[t->next] = s->frame;
  t->next = (t->next + 1) % POINTS;
  t->count = MIN(t->count + 1, POINTS);
  return t;
}

static Point past(const Track *t, guint back)
{
  return t->points[(t->next + POINTS - 1 - back) % POINTS];
}

/* A piece for some positions at a time: objects seldom turn within a third of a second. */
static void trace(Canvas *c, const Track *t, const NvOSD_ColorParams *color)
{
  Point before = past(t, 0);
  for (guint i = TRACE_STEP; i < t->count + TRACE_STEP - 1; i += TRACE_STEP) {
    Point at = past(t, MIN(i, t->count - 1));
    line(c, before, at, 2, color);
    before = at;
  }
}

static void arrow(Canvas *c, const Track *t, const NvOSD_ColorParams *color)
{
  guint back = MIN(t->count - 1, SPEED_FRAMES);
  if (back == 0)
    return;
  Point now = past(t, 0), then = past(t, back);
  Point by = {(now.x - then.x) / back * ARROW_FRAMES, (now.y - then.y) / back * ARROW_FRAMES};
  float length = hypotf(by.x, by.y);
  if (length < 4)
    return;
  Point tip = {now.x + by.x, now.y + by.y};
  float head = CLAMP(length / 3, 4, 14), x = by.x / length * head, y = by.y / length * head;
  line(c, now, tip, 2, color);
  line(c, (Point) {tip.x - x - 0.5f * y, tip.y - y + 0.5f * x}, tip, 2, color);
  line(c, (Point) {tip.x - x + 0.5f * y, tip.y - y - 0.5f * x}, tip, 2, color);
}

static gboolean inside(Point at)
{
  gboolean in = FALSE;
  Point b = ZONE[3];
  for (int i = 0; i < 4; i++) {
    Point a = ZONE[i];
    if ((a.y > at.y) != (b.y > at.y) && at.x < a.x + (at.y - a.y) * (b.x - a.x) / (b.y - a.y))
      in = !in;
    b = a;
  }
  return in;
}

static void pass(State *s, Track *t, Point at)
{
  float dx = LINE_B.x - LINE_A.x, dy = LINE_B.y - LINE_A.y, length = hypotf(dx, dy);
  float d = (dx * (at.y - LINE_A.y) - dy * (at.x - LINE_A.x)) / length;
  if (fabsf(d) <= BAND)
    return;
  gint side = d > 0 ? 1 : -1;
  if (t->side && side != t->side) {
    Point o = t->side_at;
    float d0 = (dx * (o.y - LINE_A.y) - dy * (o.x - LINE_A.x)) / length, part = d0 / (d0 - d);
    float x = o.x + part * (at.x - o.x) - LINE_A.x, y = o.y + part * (at.y - o.y) - LINE_A.y;
    float along = (x * dx + y * dy) / (length * length);
    if (along >= 0 && along <= 1)
      side > 0 ? s->in++ : s->out++;
  }
  t->side = side;
  t->side_at = at;
}

static gboolean is_old(gpointer key, gpointer value, gpointer now)
{
  (void)key;
  return ((Track *) value)->seen + TIMEOUT < *(guint64 *) now;
}

static void label(NvDsObjectMeta *o, const NvOSD_ColorParams *color)
{
  char words[256];
  NvOSD_TextParams *t = &o->text_params;
  g_snprintf(words, sizeof words, "%s %.2f #%" G_GUINT64_FORMAT, o->obj_label, o->confidence,
             o->object_id);
  g_free(t->display_text);
  t->display_text = g_strdup(words);
  t->x_offset = (guint) fmaxf(o->rect_params.left - 1, 0);
  t->y_offset = (guint) fmaxf(o->rect_params.top - 24, 0);
  t->font_params.font_name = (char *) "Serif";
  t->font_params.font_size = 10;
  double bright = 0.299 * color->red + 0.587 * color->green + 0.114 * color->blue;
  double v = bright > 0.5 ? 0 : 1;
  t->font_params.font_color = (NvOSD_ColorParams) {v, v, v, 1};
  t->set_bg_clr = 1;
  t->text_bg_clr = *color;
}

/* The text of DeepStream's first sample. */
static void count(State *s, GstBuffer *buffer)
{
  NvDsBatchMeta *batch = s->nvds.get_batch_meta(buffer);
  if (!batch)
    return;
  s->nvds.lock(batch);
  for (GList *f = batch->frame_meta_list; f; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    Canvas c = {s, batch, frame, NULL, s->width - 1.0f, s->height - 1.0f};
    guint objects = 0, vehicles = 0, persons = 0;
    for (GList *l = frame->obj_meta_list; l; l = l->next) {
      const NvDsObjectMeta *o = l->data;
      if (o->class_id == 0)
        vehicles++;
      if (o->class_id == 2)
        persons++;
      objects++;
    }
    char words[128];
    g_snprintf(words, sizeof words, "Frame Number=%d Number of Objects=%u", frame->frame_num,
               objects);
    text(&c, words, 10, 12);
    s->in += vehicles;
    s->out += persons;
  }
  s->nvds.unlock(batch);
}

static void annotate(State *s, GstBuffer *buffer)
{
  NvDsBatchMeta *batch = s->nvds.get_batch_meta(buffer);
  if (!batch)
    return;
  s->nvds.lock(batch);
  for (GList *f = batch->frame_meta_list; f; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    Canvas c = {s, batch, frame, NULL, s->width - 1.0f, s->height - 1.0f};
    guint in_zone = 0, objects = 0;
    s->frame++;
    if (s->frame % 25 == 0)
      g_hash_table_foreach_remove(s->tracks, is_old, &frame->buf_pts);
    for (GList *l = frame->obj_meta_list; l; l = l->next) {
      NvDsObjectMeta *o = l->data;
      NvOSD_RectParams *r = &o->rect_params;
      const double *p = PALETTE[o->object_id % 7];
      NvOSD_ColorParams color = {p[0], p[1], p[2], 1};
      Point centre = {r->left + r->width / 2, r->top + r->height / 2};
      Point foot = {centre.x, r->top + r->height};
      objects++;
      r->border_color = color;
      r->border_width = 0;
      r->has_bg_color = 0;
      label(o, &color);
      corners(&c, r, &color);
      circle(&c, centre, 4, 1, &color, TRUE);
      circle(&c, foot, 12, 2, &color, FALSE);
      line(&c, (Point) {centre.x - 8, centre.y}, (Point) {centre.x + 8, centre.y}, 2, &color);
      line(&c, (Point) {centre.x, centre.y - 8}, (Point) {centre.x, centre.y + 8}, 2, &color);
      if (o->object_id != UNTRACKED_OBJECT_ID) {
        Track *t = remember(s, frame->source_id, o->object_id, frame->buf_pts, centre);
        arrow(&c, t, &color);
        if (s->traces)
          trace(&c, t, &color);
        pass(s, t, foot);
      }
      in_zone += inside(foot);
      if (strcmp(o->obj_label, "car") == 0)
        cover(&c, r);
    }
    NvOSD_ColorParams white = {1, 1, 1, 1};
    for (int i = 0; i < 4; i++)
      line(&c, ZONE[i], ZONE[(i + 1) % 4], 2, &white);
    line(&c, LINE_A, LINE_B, 2, &white);
    char words[256];
    g_snprintf(words, sizeof words, "left %u", in_zone);
    text(&c, words, 580, 540);
    g_snprintf(words, sizeof words, "gate %u/%u", s->in, s->out);
    text(&c, words, 980, 540);
    g_snprintf(words, sizeof words, "Frame %d Objects %u Zone %u", frame->frame_num, objects,
               in_zone);
    text(&c, words, 10, 12);
  }
  s->nvds.unlock(batch);
}

/* What the library itself takes for so many display metas a frame. */
static void attach_only(State *s, GstBuffer *buffer)
{
  NvDsBatchMeta *batch = s->nvds.get_batch_meta(buffer);
  if (!batch)
    return;
  s->nvds.lock(batch);
  for (GList *f = batch->frame_meta_list; f; f = f->next)
    for (guint i = 0; i < s->metas; i++)
      s->nvds.add_display(f->data, s->nvds.acquire_display(batch));
  s->nvds.unlock(batch);
}

static GstPadProbeReturn on_buffer(GstPad *pad, GstPadProbeInfo *info, gpointer state)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  if (((State *) state)->metas)
    attach_only(state, buffer);
  else if (((State *) state)->styled)
    annotate(state, buffer);
  else
    count(state, buffer);
  return GST_PAD_PROBE_OK;
}

static void free_state(gpointer state)
{
  g_hash_table_destroy(((State *) state)->tracks);
  g_free(state);
}

/* Keeps glibc from giving memory back and taking it again in the midst of what is measured. */
void rsnvds_steady_heap(void)
{
  mallopt(M_TRIM_THRESHOLD, G_MAXINT);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
}

State *rsnvds_annotate_new(const char *meta_path, const char *gst_path, guint width, guint height,
                           gboolean styled, gboolean traces, guint metas)
{
  State *s = g_new0(State, 1);
  s->tracks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
  s->width = width;
  s->height = height;
  s->styled = styled;
  s->traces = traces;
  s->metas = metas;
  if (!find_library(&s->nvds, meta_path, gst_path)) {
    free_state(s);
    return NULL;
  }
  return s;
}

gulong rsnvds_annotate_add(State *state, GstPad *pad)
{
  return gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, state, free_state);
}
