/* Set up by a YAML file, as DeepStream's samples are: plays what it says, and looks at pixels and messages. */
#include <stdlib.h>

#include "gst-nvmessage.h"
#include "nvbufsurface.h"
#include "nvds_version.h"
#include "nvds_yml_parser.h"

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  nvds_version_print ();
  GList *uris = NULL;
  if (nvds_parse_source_list (&uris, argv[1], "source-list") != NVDS_YAML_PARSER_SUCCESS)
    return 1;
  for (GList *uri = uris; uri != NULL; uri = uri->next)
    g_print ("uri %s\n", (char *) uri->data);
  g_list_free_full (uris, g_free);

  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_print ("sink %d\n", nvds_parse_fake_sink (sink, argv[1], "sink"));
  gboolean sync = FALSE;
  g_object_get (sink, "sync", &sync, NULL);
  g_print ("sync %d, disabled %d, missing %d\n", sync, nvds_parse_osd (sink, argv[1], "osd"), nvds_parse_tiler (sink, argv[1], "tiler"));

  guint id = 0;
  GstMessage *message = gst_nvmessage_new_stream_eos (GST_OBJECT (sink), 3);
  if (gst_nvmessage_is_stream_eos (message) && gst_nvmessage_parse_stream_eos (message, &id))
    g_print ("end of source %u\n", id);
  g_print ("no surface %d\n", NvBufSurfaceMap (NULL, -1, -1, NVBUF_MAP_READ));
  gst_message_unref (message);
  gst_object_unref (sink);
  return 0;
}
