/*
 * The functions of the metadata library, and of its part for GStreamer, that the probes call.
 */
#include <dlfcn.h>

#include <nvds.h>

typedef struct {
  PFN_gst_buffer_get_nvds_batch_meta get_batch_meta;
  PFN_nvds_acquire_meta_lock lock;
  PFN_nvds_release_meta_lock unlock;
  PFN_nvds_acquire_obj_meta_from_pool acquire_object;
  PFN_nvds_add_obj_meta_to_frame add_object;
  PFN_nvds_acquire_display_meta_from_pool acquire_display;
  PFN_nvds_add_display_meta_to_frame add_display;
  PFN_nvds_acquire_user_meta_from_pool acquire_user;
  PFN_nvds_add_user_meta_to_frame add_to_frame;
  PFN_nvds_add_user_meta_to_obj add_to_object;
} Library;

static gpointer look_up(const char *path, const char *name)
{
  gpointer library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  return library ? dlsym(library, name) : NULL;
}

/* Both libraries must be in the process. FALSE without one of them, or of the functions. */
static gboolean find_library(Library *to, const char *meta_path, const char *gst_path)
{
  const struct {
    gpointer *to;
    const char *path, *name;
  } all[] = {
    {(gpointer *) &to->get_batch_meta, gst_path, "gst_buffer_get_nvds_batch_meta"},
    {(gpointer *) &to->lock, meta_path, "nvds_acquire_meta_lock"},
    {(gpointer *) &to->unlock, meta_path, "nvds_release_meta_lock"},
    {(gpointer *) &to->acquire_object, meta_path, "nvds_acquire_obj_meta_from_pool"},
    {(gpointer *) &to->add_object, meta_path, "nvds_add_obj_meta_to_frame"},
    {(gpointer *) &to->acquire_display, meta_path, "nvds_acquire_display_meta_from_pool"},
    {(gpointer *) &to->add_display, meta_path, "nvds_add_display_meta_to_frame"},
    {(gpointer *) &to->acquire_user, meta_path, "nvds_acquire_user_meta_from_pool"},
    {(gpointer *) &to->add_to_frame, meta_path, "nvds_add_user_meta_to_frame"},
    {(gpointer *) &to->add_to_object, meta_path, "nvds_add_user_meta_to_obj"},
  };
  gboolean found = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS(all); i++)
    found &= (*all[i].to = look_up(all[i].path, all[i].name)) != NULL;
  return found;
}
