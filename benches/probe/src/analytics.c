/*
 * What an application does without rsanalytics: a pad probe in C that counts who is in eight zones and crosses eight
 * lines, those of benches/analytics/rules.toml in full HD, with the stay of each track in each zone, and attaches the
 * counts to the frame and, on request, what holds for an object to the object.
 *
 * Written with some care: one hash lookup for each object, nothing is allocated for an object but its user meta, tracks
 * are forgotten after two seconds.
 */
#include <math.h>
#include <string.h>

#include "library.h"

#define RULES 8
#define CORNERS 5
#define TIMEOUT (2 * GST_SECOND)
#define BAND 3.6f

typedef struct { float x, y; } Point;

typedef struct {
  Point corners[CORNERS];
  guint count;
  const char *label; /* of those who count; NULL for all */
} Zone;

typedef struct {
  Point a, b;
  const char *label;
} Line;

static const Zone ZONES[RULES] = {
  {{{0, 0}, {480, 0}, {480, 540}, {0, 540}}, 4, NULL},
  {{{480, 0}, {960, 0}, {960, 540}, {480, 540}}, 4, NULL},
  {{{960, 0}, {1440, 0}, {1440, 540}, {960, 540}}, 4, "person"},
  {{{1440, 0}, {1920, 0}, {1920, 540}, {1440, 540}}, 4, "person"},
  {{{0, 540}, {480, 540}, {480, 1080}, {0, 1080}}, 4, NULL},
  {{{480, 540}, {960, 540}, {960, 1080}, {480, 1080}}, 4, NULL},
  {{{960, 216}, {1536, 540}, {1440, 1080}, {1152, 972}, {768, 756}}, 5, NULL},
  {{{1440, 540}, {1920, 540}, {1920, 1080}, {1440, 1080}}, 4, NULL},
};

static const Line LINES[RULES] = {
  {{192, 0}, {192, 1080}, NULL},   {{384, 0}, {384, 1080}, NULL},
  {{768, 0}, {768, 1080}, "person"}, {{1152, 0}, {1152, 1080}, "car"},
  {{0, 270}, {1920, 270}, NULL},   {{0, 810}, {1920, 810}, NULL},
  {{0, 0}, {1920, 1080}, NULL},    {{0, 1080}, {1920, 0}, NULL},
};

typedef struct {
  guint64 id;
  guint64 seen;
  guint64 since[RULES];
  gint8 sides[RULES];
  guint8 inside[RULES];
} Track;

/* What a user meta holds. */
typedef struct {
  guint64 dwell[RULES];
  guint8 inside[RULES];
  gint8 crossed[RULES];
} Marks;

typedef struct {
  guint objects[RULES], entered[RULES], left[RULES], in[RULES], out[RULES];
} Counts;

typedef struct {
  Library nvds;
  gboolean on_objects;
  GHashTable *tracks; /* guint64 -> Track */
  Counts counts;
  guint64 now;
} State;

State *rsnvds_analytics_new(const char *meta_path, const char *gst_path, gboolean on_objects);
gulong rsnvds_analytics_add(State *state, GstPad *pad);

static gboolean inside(const Zone *zone, Point at)
{
  gboolean is_in = FALSE;
  for (guint i = 0, j = zone->count - 1; i < zone->count; j = i++) {
    Point a = zone->corners[i], b = zone->corners[j];
    if ((a.y > at.y) != (b.y > at.y) && at.x < a.x + (at.y - a.y) * (b.x - a.x) / (b.y - a.y))
      is_in = !is_in;
  }
  return is_in;
}

static gboolean counts_for(const char *label, const NvDsObjectMeta *object)
{
  return !label || strcmp(label, object->obj_label) == 0;
}

static gint8 side(const Line *line, Point at)
{
  float x = line->b.x - line->a.x, y = line->b.y - line->a.y;
  float cross = x * (at.y - line->a.y) - y * (at.x - line->a.x);
  float band = BAND * sqrtf(x * x + y * y);
  return cross > band ? 1 : cross < -band ? -1 : 0;
}

static Track *remember(State *s, guint64 id)
{
  Track *track = g_hash_table_lookup(s->tracks, &id);
  if (!track) {
    track = g_new0(Track, 1);
    track->id = id;
    g_hash_table_insert(s->tracks, &track->id, track);
  }
  track->seen = s->now;
  return track;
}

static gboolean is_gone(gpointer key, gpointer track, gpointer state)
{
  return ((State *) state)->now - ((Track *) track)->seen > TIMEOUT;
}

static gpointer copy_user(gpointer data, gpointer unused)
{
  NvDsUserMeta *user = data;
  gsize size = GPOINTER_TO_SIZE(user->base_meta.uContext);
  return g_memdup2(user->user_meta_data, size);
}

static void release_user(gpointer data, gpointer unused)
{
  NvDsUserMeta *user = data;
  g_free(user->user_meta_data);
  user->user_meta_data = NULL;
}

static NvDsUserMeta *user_of(State *s, NvDsBatchMeta *batch, gconstpointer data, gsize size)
{
  NvDsUserMeta *user = s->nvds.acquire_user(batch);
  user->user_meta_data = g_memdup2(data, size);
  user->base_meta.meta_type = NVDS_START_USER_META + 77;
  user->base_meta.uContext = GSIZE_TO_POINTER(size);
  user->base_meta.copy_func = copy_user;
  user->base_meta.release_func = release_user;
  return user;
}

static void look_at(State *s, NvDsBatchMeta *batch, NvDsObjectMeta *object)
{
  NvOSD_RectParams *r = &object->rect_params;
  Point foot = {r->left + r->width / 2, r->top + r->height};
  Track *track = remember(s, object->object_id);
  Marks marks = {0};
  gboolean tells = FALSE;
  for (guint i = 0; i < RULES; i++) {
    gboolean is_in = counts_for(ZONES[i].label, object) && inside(&ZONES[i], foot);
    if (is_in && !track->inside[i]) {
      track->since[i] = s->now;
      s->counts.entered[i]++;
    } else if (!is_in && track->inside[i]) {
      s->counts.left[i]++;
    }
    track->inside[i] = marks.inside[i] = is_in;
    if (is_in) {
      s->counts.objects[i]++;
      marks.dwell[i] = s->now - track->since[i];
      tells = TRUE;
    }
    if (!counts_for(LINES[i].label, object))
      continue;
    gint8 now = side(&LINES[i], foot);
    if (now && now != track->sides[i]) {
      if (track->sides[i]) {
        *(now > 0 ? &s->counts.in[i] : &s->counts.out[i]) += 1;
        marks.crossed[i] = now;
        tells = TRUE;
      }
      track->sides[i] = now;
    }
  }
  if (s->on_objects && tells)
    s->nvds.add_to_object(object, user_of(s, batch, &marks, sizeof marks));
}

static GstPadProbeReturn on_buffer(GstPad *pad, GstPadProbeInfo *info, gpointer state)
{
  State *s = state;
  NvDsBatchMeta *batch = s->nvds.get_batch_meta(GST_PAD_PROBE_INFO_BUFFER(info));
  if (!batch)
    return GST_PAD_PROBE_OK;
  s->nvds.lock(batch);
  for (GList *f = batch->frame_meta_list; f; f = f->next) {
    NvDsFrameMeta *frame = f->data;
    s->now = frame->buf_pts;
    memset(s->counts.objects, 0, sizeof s->counts.objects);
    for (GList *o = frame->obj_meta_list; o; o = o->next)
      look_at(s, batch, o->data);
    if (frame->frame_num % 25 == 0)
      g_hash_table_foreach_remove(s->tracks, is_gone, s);
    s->nvds.add_to_frame(frame, user_of(s, batch, &s->counts, sizeof s->counts));
  }
  s->nvds.unlock(batch);
  return GST_PAD_PROBE_OK;
}

static void free_state(gpointer state)
{
  g_hash_table_destroy(((State *) state)->tracks);
  g_free(state);
}

State *rsnvds_analytics_new(const char *meta_path, const char *gst_path, gboolean on_objects)
{
  State *s = g_new0(State, 1);
  s->tracks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
  s->on_objects = on_objects;
  if (!find_library(&s->nvds, meta_path, gst_path)) {
    free_state(s);
    return NULL;
  }
  return s;
}

gulong rsnvds_analytics_add(State *state, GstPad *pad)
{
  return gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, state, free_state);
}
