/* Properties of elements from a YAML file, in libnvds_yml_parser.so: `make build` makes one without a GPU. */
#ifndef RSNVDS_DEEPSTREAM_NVDS_YML_PARSER_H
#define RSNVDS_DEEPSTREAM_NVDS_YML_PARSER_H

#include <gst/gst.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum NvDsYamlParserStatus {
  NVDS_YAML_PARSER_SUCCESS,
  NVDS_YAML_PARSER_DISABLED, /* the group has enable: 0 */
  NVDS_YAML_PARSER_ERROR /* standard error tells which */
} NvDsYamlParserStatus;

typedef struct NvDsYamlCodecStatus {
  guint codec_type; /* 1 is H.264, 2 is H.265 */
  gboolean enable;
} NvDsYamlCodecStatus;

typedef enum {
  NVDS_GIE_PLUGIN_INFER = 0,
  NVDS_GIE_PLUGIN_INFER_SERVER
} NvDsGieType;

/* Each sets the properties of an element from a group of the file. */
NvDsYamlParserStatus nvds_parse_file_source (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_uridecodebin (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_rtsp_source (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_nvarguscamerasrc (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_v4l2src (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_multifilesrc (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_alsasrc (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_streammux (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_tracker (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_osd (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_tiler (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_msgbroker (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_msgconv (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_gie (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_egl_sink (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_3d_sink (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_file_sink (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_fake_sink (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_nvv4l2h264enc (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_nvv4l2h265enc (GstElement *element, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_multiurisrcbin (GstElement *element, gchar *cfg_file_path, const char *group);

/* Appends copies of the URIs in `list`, which semicolons divide. */
NvDsYamlParserStatus nvds_parse_source_list (GList **src_list, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_gie_type (NvDsGieType *gie_type, gchar *cfg_file_path, const char *group);
NvDsYamlParserStatus nvds_parse_codec_status (gchar *cfg_file_path, const char *group, NvDsYamlCodecStatus *codec_status);

#ifdef __cplusplus
}
#endif

#endif
