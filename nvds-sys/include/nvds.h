/*
 * The part of NVIDIA DeepStream's C ABI that this project reads and writes.
 *
 * Written for rsnvds from measured layout facts (names, types, order). It declares the layout of
 * DeepStream 9.0 and 9.1 on LP64 little-endian machines. tests/layout.rs compares every size,
 * offset and value here with those facts, and with the headers of an installed SDK when
 * RSNVDS_SDK_INCLUDE_DIR names their folder.
 *
 * Nothing here is linked: functions appear as pointer types only and are looked up at run time.
 */
#ifndef RSNVDS_NVDS_H
#define RSNVDS_NVDS_H

#include <stdbool.h>
#include <stdint.h>
#include <glib.h>
#include <gst/gst.h>

/* ---- Limits and well-known values ---- */

#define MAX_LABEL_SIZE 128 /* bytes of an inline label, the terminating zero included */
#define MAX_USER_FIELDS 4 /* free slots in the misc_* arrays */
#define MAX_RESERVED_FIELDS 4 /* slots in the reserved arrays */
#define MAX_ELEMENTS_IN_DISPLAY_META 16 /* shapes of one kind in one display meta */
#define NVDSINFER_MAX_DIMS 8 /* dimensions of a tensor */
#define NVBUF_MAX_PLANES 4 /* planes of a surface */
#define MAX_BORDER_WIDTH 32 /* widest border, in pixels, that the drawing library accepts */
#define UNTRACKED_OBJECT_ID G_GUINT64_CONSTANT(0xffffffffffffffff) /* object_id before a tracker ran */
#define NVDS_META_STRING "nvdsmeta" /* tag of the GstMeta API type */

/* ---- Enumerations ---- */

/* Kind of a metadata element. Values above 15 moved between releases; those here are 9.x. */
typedef enum {
  NVDS_INVALID_META = -1,
  NVDS_BATCH_META = 1,
  NVDS_FRAME_META = 2,
  NVDS_OBJ_META = 3,
  NVDS_DISPLAY_META = 4,
  NVDS_CLASSIFIER_META = 5,
  NVDS_LABEL_INFO_META = 6,
  NVDS_USER_META = 7,
  NVDS_PAYLOAD_META = 8,
  NVDS_EVENT_MSG_META = 9,
  NVDS_OPTICAL_FLOW_META = 10,
  NVDS_LATENCY_MEASUREMENT_META = 11,
  NVDSINFER_TENSOR_OUTPUT_META = 12,
  NVDSINFER_SEGMENTATION_META = 13,
  NVDS_CROP_IMAGE_META = 14,
  NVDS_TRACKER_PAST_FRAME_META = 15,
  NVDS_TRACKER_BATCH_REID_META = 16,
  NVDS_TRACKER_OBJ_REID_META = 17,
  NVDS_TRACKER_TERMINATED_LIST_META = 18,
  NVDS_TRACKER_SHADOW_LIST_META = 19,
  NVDS_OBJ_VISIBILITY = 20,
  NVDS_OBJ_IMAGE_FOOT_LOCATION = 21,
  NVDS_OBJ_WORLD_FOOT_LOCATION = 22,
  NVDS_OBJ_IMAGE_CONVEX_HULL = 23,
  NVDS_OBJ_3D_META = 24,
  NVDS_AUDIO_BATCH_META = 25,
  NVDS_AUDIO_FRAME_META = 26,
  NVDS_PREPROCESS_FRAME_META = 27,
  NVDS_PREPROCESS_BATCH_META = 28,
  NVDS_CUSTOM_MSG_BLOB = 29,
  NVDS_ROI_META = 30,
  NVDS_CUSTOM_MSG_SPARSE4D = 31,
  NVDS_FRAME_META_NVDSANALYTICS = 32,
  NVDS_OBJ_META_NVDSANALYTICS = 33,
  NVDS_RESERVED_META = 4095,
  NVDS_GST_CUSTOM_META = 4096,
  NVDS_START_USER_META = 8193,
  NVDS_FORCE32_META = 2147483647,
} NvDsMetaType;

/* Kind of the metadata a GstMeta of the "nvdsmeta" API carries. */
typedef enum {
  NVDS_GST_INVALID_META = -1,
  NVDS_BATCH_GST_META = 4097,
  NVDS_DECODER_GST_META = 4098,
  NVDS_DEWARPER_GST_META = 4099,
  NVDS_BUFFER_GST_AS_FRAME_USER_META = 4100,
  NVDS_RESERVED_GST_META = 8192,
  NVDS_GST_META_FORCE32 = 2147483647,
} GstNvDsMetaType;

/* Element type of a tensor. Not prefixed in the SDK either. */
typedef enum {
  FLOAT = 0,
  HALF = 1,
  INT8 = 2,
  INT32 = 3,
  INT64 = 4,
  UINT8 = 5,
} NvDsInferDataType;

/* End of an arrow that gets the head. */
typedef enum {
  START_HEAD = 0,
  END_HEAD = 1,
  BOTH_HEAD = 2,
} NvOSD_Arrow_Head_Direction;

/* Where the on-screen display draws. */
typedef enum {
  MODE_CPU = 0,
  MODE_GPU = 1,
  MODE_NONE = 2,
} NvOSD_Mode;

/* Pixel format of a surface; _ER is full range, _709 and _2020 name the matrix. */
typedef enum {
  NVBUF_COLOR_FORMAT_INVALID = 0,
  NVBUF_COLOR_FORMAT_GRAY8 = 1,
  NVBUF_COLOR_FORMAT_YUV420 = 2,
  NVBUF_COLOR_FORMAT_YVU420 = 3,
  NVBUF_COLOR_FORMAT_YUV420_ER = 4,
  NVBUF_COLOR_FORMAT_YVU420_ER = 5,
  NVBUF_COLOR_FORMAT_NV12 = 6,
  NVBUF_COLOR_FORMAT_NV12_ER = 7,
  NVBUF_COLOR_FORMAT_NV21 = 8,
  NVBUF_COLOR_FORMAT_NV21_ER = 9,
  NVBUF_COLOR_FORMAT_UYVY = 10,
  NVBUF_COLOR_FORMAT_UYVY_ER = 11,
  NVBUF_COLOR_FORMAT_VYUY = 12,
  NVBUF_COLOR_FORMAT_VYUY_ER = 13,
  NVBUF_COLOR_FORMAT_YUYV = 14,
  NVBUF_COLOR_FORMAT_YUYV_ER = 15,
  NVBUF_COLOR_FORMAT_YVYU = 16,
  NVBUF_COLOR_FORMAT_YVYU_ER = 17,
  NVBUF_COLOR_FORMAT_YUV444 = 18,
  NVBUF_COLOR_FORMAT_RGBA = 19,
  NVBUF_COLOR_FORMAT_BGRA = 20,
  NVBUF_COLOR_FORMAT_ARGB = 21,
  NVBUF_COLOR_FORMAT_ABGR = 22,
  NVBUF_COLOR_FORMAT_RGBx = 23,
  NVBUF_COLOR_FORMAT_BGRx = 24,
  NVBUF_COLOR_FORMAT_xRGB = 25,
  NVBUF_COLOR_FORMAT_xBGR = 26,
  NVBUF_COLOR_FORMAT_RGB = 27,
  NVBUF_COLOR_FORMAT_BGR = 28,
  NVBUF_COLOR_FORMAT_NV12_10LE = 29,
  NVBUF_COLOR_FORMAT_NV12_12LE = 30,
  NVBUF_COLOR_FORMAT_YUV420_709 = 31,
  NVBUF_COLOR_FORMAT_YUV420_709_ER = 32,
  NVBUF_COLOR_FORMAT_NV12_709 = 33,
  NVBUF_COLOR_FORMAT_NV12_709_ER = 34,
  NVBUF_COLOR_FORMAT_YUV420_2020 = 35,
  NVBUF_COLOR_FORMAT_NV12_2020 = 36,
  NVBUF_COLOR_FORMAT_NV12_10LE_ER = 37,
  NVBUF_COLOR_FORMAT_NV12_10LE_709 = 38,
  NVBUF_COLOR_FORMAT_NV12_10LE_709_ER = 39,
  NVBUF_COLOR_FORMAT_NV12_10LE_2020 = 40,
  NVBUF_COLOR_FORMAT_SIGNED_R16G16 = 41,
  NVBUF_COLOR_FORMAT_R8_G8_B8 = 42,
  NVBUF_COLOR_FORMAT_B8_G8_R8 = 43,
  NVBUF_COLOR_FORMAT_R32F_G32F_B32F = 44,
  NVBUF_COLOR_FORMAT_B32F_G32F_R32F = 45,
  NVBUF_COLOR_FORMAT_YUV422 = 46,
  NVBUF_COLOR_FORMAT_NV21_10LE = 47,
  NVBUF_COLOR_FORMAT_NV21_12LE = 48,
  NVBUF_COLOR_FORMAT_NV12_12LE_2020 = 49,
  NVBUF_COLOR_FORMAT_NV16 = 50,
  NVBUF_COLOR_FORMAT_NV16_10LE = 51,
  NVBUF_COLOR_FORMAT_NV24 = 52,
  NVBUF_COLOR_FORMAT_NV24_10LE = 53,
  NVBUF_COLOR_FORMAT_NV16_ER = 54,
  NVBUF_COLOR_FORMAT_NV24_ER = 55,
  NVBUF_COLOR_FORMAT_NV16_709 = 56,
  NVBUF_COLOR_FORMAT_NV24_709 = 57,
  NVBUF_COLOR_FORMAT_NV16_709_ER = 58,
  NVBUF_COLOR_FORMAT_NV24_709_ER = 59,
  NVBUF_COLOR_FORMAT_NV24_10LE_709 = 60,
  NVBUF_COLOR_FORMAT_NV24_10LE_709_ER = 61,
  NVBUF_COLOR_FORMAT_NV24_10LE_2020 = 62,
  NVBUF_COLOR_FORMAT_NV24_12LE_2020 = 63,
  NVBUF_COLOR_FORMAT_RGBA_10_10_10_2_709 = 64,
  NVBUF_COLOR_FORMAT_RGBA_10_10_10_2_2020 = 65,
  NVBUF_COLOR_FORMAT_BGRA_10_10_10_2_709 = 66,
  NVBUF_COLOR_FORMAT_BGRA_10_10_10_2_2020 = 67,
  NVBUF_COLOR_FORMAT_A32 = 68,
  NVBUF_COLOR_FORMAT_UYVP = 69,
  NVBUF_COLOR_FORMAT_UYVP_ER = 70,
  NVBUF_COLOR_FORMAT_YUV444_ER = 71,
  NVBUF_COLOR_FORMAT_YUV444_709 = 72,
  NVBUF_COLOR_FORMAT_YUV444_709_ER = 73,
  NVBUF_COLOR_FORMAT_YUV444_2020 = 74,
  NVBUF_COLOR_FORMAT_YUV444_10LE = 75,
  NVBUF_COLOR_FORMAT_YUV444_10LE_ER = 76,
  NVBUF_COLOR_FORMAT_YUV444_10LE_709 = 77,
  NVBUF_COLOR_FORMAT_YUV444_10LE_709_ER = 78,
  NVBUF_COLOR_FORMAT_YUV444_10LE_2020 = 79,
  NVBUF_COLOR_FORMAT_YUV444_12LE = 80,
  NVBUF_COLOR_FORMAT_YUV444_12LE_ER = 81,
  NVBUF_COLOR_FORMAT_YUV444_12LE_709 = 82,
  NVBUF_COLOR_FORMAT_YUV444_12LE_709_ER = 83,
  NVBUF_COLOR_FORMAT_YUV444_12LE_2020 = 84,
  NVBUF_COLOR_FORMAT_NV12_12LE_ER = 85,
  NVBUF_COLOR_FORMAT_NV12_12LE_709 = 86,
  NVBUF_COLOR_FORMAT_NV12_12LE_709_ER = 87,
  NVBUF_COLOR_FORMAT_GRAY8_ER = 88,
  NVBUF_COLOR_FORMAT_UYVY_709 = 89,
  NVBUF_COLOR_FORMAT_UYVY_709_ER = 90,
  NVBUF_COLOR_FORMAT_UYVY_2020 = 91,
  NVBUF_COLOR_FORMAT_GRAY16_LE = 92,
  NVBUF_COLOR_FORMAT_BGRA64_LE = 93,
  NVBUF_COLOR_FORMAT_NV16_2020 = 94,
  NVBUF_COLOR_FORMAT_NV16_10LE_ER = 95,
  NVBUF_COLOR_FORMAT_NV16_10LE_709 = 96,
  NVBUF_COLOR_FORMAT_NV16_10LE_709_ER = 97,
  NVBUF_COLOR_FORMAT_NV16_10LE_2020 = 98,
  NVBUF_COLOR_FORMAT_NV16_12LE = 99,
  NVBUF_COLOR_FORMAT_NV16_12LE_ER = 100,
  NVBUF_COLOR_FORMAT_NV16_12LE_709 = 101,
  NVBUF_COLOR_FORMAT_NV16_12LE_709_ER = 102,
  NVBUF_COLOR_FORMAT_NV16_12LE_2020 = 103,
  NVBUF_COLOR_FORMAT_NV24_2020 = 104,
  NVBUF_COLOR_FORMAT_NV24_10LE_ER = 105,
  NVBUF_COLOR_FORMAT_NV24_12LE = 106,
  NVBUF_COLOR_FORMAT_NV24_12LE_ER = 107,
  NVBUF_COLOR_FORMAT_NV24_12LE_709 = 108,
  NVBUF_COLOR_FORMAT_NV24_12LE_709_ER = 109,
  NVBUF_COLOR_FORMAT_UYVP_709 = 110,
  NVBUF_COLOR_FORMAT_UYVP_709_ER = 111,
  NVBUF_COLOR_FORMAT_UYVP_2020 = 112,
  NVBUF_COLOR_FORMAT_LAST = 113,
} NvBufSurfaceColorFormat;

/* Arrangement of the pixels of a surface in memory. */
typedef enum {
  NVBUF_LAYOUT_PITCH = 0,
  NVBUF_LAYOUT_BLOCK_LINEAR = 1,
} NvBufSurfaceLayout;

/* Memory a surface lives in. */
typedef enum {
  NVBUF_MEM_DEFAULT = 0,
  NVBUF_MEM_CUDA_PINNED = 1,
  NVBUF_MEM_CUDA_DEVICE = 2,
  NVBUF_MEM_CUDA_UNIFIED = 3,
  NVBUF_MEM_SURFACE_ARRAY = 4,
  NVBUF_MEM_HANDLE = 5,
  NVBUF_MEM_SYSTEM = 6,
  NVBUF_MEM_CUDA_ARRAY = 7,
} NvBufSurfaceMemType;

/* Progressive or interlaced. */
typedef enum {
  NVBUF_DISPLAYSCANFORMAT_PROGRESSIVE = 0,
  NVBUF_DISPLAYSCANFORMAT_INTERLACED = 1,
} NvBufSurfaceDisplayScanFormat;

/* Custom GstEventType values of the batching elements (since 6.3). */
typedef enum {
  GST_NVEVENT_PAD_ADDED = 102430,
  GST_NVEVENT_PAD_DELETED = 102686,
  GST_NVEVENT_STREAM_EOS = 102942,
  GST_NVEVENT_STREAM_SEGMENT = 103198,
  GST_NVEVENT_STREAM_RESET = 103454,
  GST_NVEVENT_STREAM_START = 103710,
  GST_NVEVENT_UPDATE_CAPS = 103966,
} GstNvEventType;

/* ---- Colours, texts, shapes ---- */

/* Colour; each component in 0..1. */
typedef struct _NvOSD_ColorParams {
  double red;
  double green;
  double blue;
  double alpha;
} NvOSD_ColorParams;

/* Font of a text. font_name is never freed by the SDK: point it at memory that outlives the batch. */
typedef struct _NvOSD_FontParams {
  char *font_name;
  unsigned int font_size;
  NvOSD_ColorParams font_color;
} NvOSD_FontParams;

/* Text drawn by the OSD. display_text belongs to the meta and is released with g_free. Offsets are pixels. */
typedef struct _NvOSD_TextParams {
  char *display_text;
  unsigned int x_offset;
  unsigned int y_offset;
  NvOSD_FontParams font_params;
  int set_bg_clr;
  NvOSD_ColorParams text_bg_clr;
} NvOSD_TextParams;

/* Box drawn by the OSD, in pixels of the frame; rotation_angle in degrees (new in 9.0). */
typedef struct _NvOSD_RectParams {
  float left;
  float top;
  float width;
  float height;
  unsigned int border_width;
  NvOSD_ColorParams border_color;
  unsigned int has_bg_color;
  unsigned int reserved;
  NvOSD_ColorParams bg_color;
  int has_color_info;
  int color_id;
  float rotation_angle;
} NvOSD_RectParams;

/* Instance mask of an object; data belongs to the meta, size is in bytes. */
typedef struct _NvOSD_MaskParams {
  float *data;
  unsigned int size;
  float threshold;
  unsigned int width;
  unsigned int height;
} NvOSD_MaskParams;

/* Line drawn by the OSD, in pixels. */
typedef struct _NvOSD_LineParams {
  unsigned int x1;
  unsigned int y1;
  unsigned int x2;
  unsigned int y2;
  unsigned int line_width;
  NvOSD_ColorParams line_color;
} NvOSD_LineParams;

/* Arrow drawn by the OSD, in pixels. */
typedef struct _NvOSD_ArrowParams {
  unsigned int x1;
  unsigned int y1;
  unsigned int x2;
  unsigned int y2;
  unsigned int arrow_width;
  NvOSD_Arrow_Head_Direction arrow_head;
  NvOSD_ColorParams arrow_color;
  unsigned int reserved;
} NvOSD_ArrowParams;

/* Circle drawn by the OSD, in pixels; a circle_width of 0 is drawn as 2. */
typedef struct _NvOSD_CircleParams {
  unsigned int xc;
  unsigned int yc;
  unsigned int radius;
  NvOSD_ColorParams circle_color;
  unsigned int has_bg_color;
  NvOSD_ColorParams bg_color;
  unsigned int circle_width;
  unsigned int reserved;
} NvOSD_CircleParams;

/* ---- Metadata ---- */

/* Copies or releases what an element refers to. User metas get their NvDsUserMeta as data. */
typedef gpointer (*NvDsMetaCopyFunc)(gpointer data, gpointer user_data);
typedef void (*NvDsMetaReleaseFunc)(gpointer data, gpointer user_data);

/* Box in pixels of the frame. */
typedef struct _NvBbox_Coords {
  float left;
  float top;
  float width;
  float height;
} NvBbox_Coords;

/* Box as one component (detector or tracker) reported it. */
typedef struct _NvDsComp_BboxInfo {
  NvBbox_Coords org_bbox_coords;
} NvDsComp_BboxInfo;

/* Head of every metadata element. */
typedef struct _NvDsBaseMeta {
  struct _NvDsBatchMeta *batch_meta;
  NvDsMetaType meta_type;
  void *uContext;
  NvDsMetaCopyFunc copy_func;
  NvDsMetaReleaseFunc release_func;
} NvDsBaseMeta;

/* Free list and use list of one kind of element; element_size tells the layout class of the library. */
typedef struct _NvDsMetaPool {
  NvDsMetaType meta_type;
  guint max_elements_in_pool;
  guint element_size;
  guint num_empty_elements;
  guint num_full_elements;
  GList *empty_list;
  GList *full_list;
  NvDsMetaCopyFunc copy_func;
  NvDsMetaReleaseFunc release_func;
} NvDsMetaPool;

/* Metadata of a batched buffer. */
typedef struct _NvDsBatchMeta {
  NvDsBaseMeta base_meta;
  guint max_frames_in_batch;
  guint num_frames_in_batch;
  NvDsMetaPool *frame_meta_pool;
  NvDsMetaPool *obj_meta_pool;
  NvDsMetaPool *classifier_meta_pool;
  NvDsMetaPool *display_meta_pool;
  NvDsMetaPool *user_meta_pool;
  NvDsMetaPool *label_info_meta_pool;
  GList *frame_meta_list;
  GList *batch_user_meta_list;
  GRecMutex meta_mutex;
  gint64 misc_batch_info[4];
  gint64 reserved[4];
} NvDsBatchMeta;

/* Identity of the source; the strings belong to the frame. */
typedef struct _NvDsSensorInfo_meta {
  guint source_id;
  const gchar *uri;
  const gchar *sensor_id;
  const gchar *sensor_name;
} NvDsSensorInfo_meta;

/* Metadata of one frame of the batch. */
typedef struct _NvDsFrameMeta {
  NvDsBaseMeta base_meta;
  guint pad_index;
  guint batch_id;
  gint frame_num;
  guint64 buf_pts;
  guint64 ntp_timestamp;
  guint source_id;
  gint num_surfaces_per_frame;
  guint source_frame_width;
  guint source_frame_height;
  guint surface_type;
  guint surface_index;
  guint num_obj_meta;
  gboolean bInferDone;
  GList *obj_meta_list;
  GList *display_meta_list;
  GList *frame_user_meta_list;
  gint64 misc_frame_info[4];
  guint pipeline_width;
  guint pipeline_height;
  NvDsSensorInfo_meta sensorInfo_meta;
  gint64 reserved[4];
} NvDsFrameMeta;

/* One detected object. */
typedef struct _NvDsObjectMeta {
  NvDsBaseMeta base_meta;
  struct _NvDsObjectMeta *parent;
  gint unique_component_id;
  gint class_id;
  guint64 object_id;
  NvDsComp_BboxInfo detector_bbox_info;
  NvDsComp_BboxInfo tracker_bbox_info;
  gfloat confidence;
  gfloat tracker_confidence;
  NvOSD_RectParams rect_params;
  NvOSD_MaskParams mask_params;
  NvOSD_TextParams text_params;
  gchar obj_label[128];
  GList *classifier_meta_list;
  GList *obj_user_meta_list;
  gint64 misc_obj_info[4];
  gint64 reserved[4];
} NvDsObjectMeta;

/* Shapes and texts that the OSD shall draw; the num_* counters bound the arrays. */
typedef struct _NvDsDisplayMeta {
  NvDsBaseMeta base_meta;
  guint num_rects;
  guint num_labels;
  guint num_lines;
  guint num_arrows;
  guint num_circles;
  NvOSD_RectParams rect_params[16];
  NvOSD_TextParams text_params[16];
  NvOSD_LineParams line_params[16];
  NvOSD_ArrowParams arrow_params[16];
  NvOSD_CircleParams circle_params[16];
  gint64 misc_osd_data[4];
  gint64 reserved[4];
} NvDsDisplayMeta;

/* Result of one classifier on an object; classifier_type is not owned. */
typedef struct _NvDsClassifierMeta {
  NvDsBaseMeta base_meta;
  guint num_labels;
  gint unique_component_id;
  GList *label_info_list;
  const gchar *classifier_type;
} NvDsClassifierMeta;

/* One label of a classifier result. */
typedef struct _NvDsLabelInfo {
  NvDsBaseMeta base_meta;
  guint num_classes;
  gchar result_label[128];
  gchar *pResult_label;
  guint result_class_id;
  guint label_id;
  gfloat result_prob;
} NvDsLabelInfo;

/* Metadata of any other kind, told apart by base_meta.meta_type. */
typedef struct _NvDsUserMeta {
  NvDsBaseMeta base_meta;
  void *user_meta_data;
} NvDsUserMeta;

/* GstMeta that ties a batch meta to a GstBuffer. */
typedef struct _NvDsMeta {
  GstMeta meta;
  gpointer meta_data;
  gpointer user_data;
  gint meta_type;
  NvDsMetaCopyFunc copyfunc;
  NvDsMetaReleaseFunc freefunc;
  NvDsMetaCopyFunc gst_to_nvds_meta_transform_func;
  NvDsMetaReleaseFunc gst_to_nvds_meta_release_func;
} NvDsMeta;

/* ---- Inference ---- */

/* Shape of one tensor without the batch; numElements is the product. */
typedef struct _NvDsInferDims {
  unsigned int numDims;
  unsigned int d[8];
  unsigned int numElements;
} NvDsInferDims;

/* One output layer. buffer is not valid as gst-nvinfer delivers it: use the tensor meta's host pointers. */
typedef struct _NvDsInferLayerInfo {
  NvDsInferDataType dataType;
  NvDsInferDims inferDims; /* older name of the same bytes: dims */
  int bindingIndex;
  const char *layerName;
  void *buffer;
  int isInput;
} NvDsInferLayerInfo;

/* Input size of the network. */
typedef struct _NvDsInferNetworkInfo {
  unsigned int width;
  unsigned int height;
  unsigned int channels;
} NvDsInferNetworkInfo;

/* Raw output of a network for one frame or object; buffers are slices of pooled memory. */
typedef struct _NvDsInferTensorMeta {
  guint unique_id;
  guint num_output_layers;
  NvDsInferLayerInfo *output_layers_info;
  void * *out_buf_ptrs_host;
  void * *out_buf_ptrs_dev;
  gint gpu_id;
  void *priv_data;
  NvDsInferNetworkInfo network_info;
  gboolean maintain_aspect_ratio;
  gboolean symmetric_padding;
} NvDsInferTensorMeta;

/* A class for each pixel of a network's input; unique_id since 6.2. */
typedef struct _NvDsInferSegmentationMeta {
  guint classes;
  guint width;
  guint height;
  gint *class_map;
  gfloat *class_probabilities_map;
  void *priv_data;
  gint unique_id;
} NvDsInferSegmentationMeta;

/* ---- Surfaces ---- */

/* Chroma siting. */
typedef struct _NvBufSurfaceChromaSubsamplingParams {
  uint8_t chromaLocHoriz;
  uint8_t chromaLocVert;
  uint8_t _reserved[6];
} NvBufSurfaceChromaSubsamplingParams;

/* Planes of a surface; offsets count from dataPtr, sizes and pitches are bytes. */
typedef struct _NvBufSurfacePlaneParams {
  uint32_t num_planes;
  uint32_t width[4];
  uint32_t height[4];
  uint32_t pitch[4];
  uint32_t offset[4];
  uint32_t psize[4];
  uint32_t bytesPerPix[4];
  void *_reserved[16];
} NvBufSurfacePlaneParams;

/* More about the planes. */
typedef struct _NvBufSurfacePlaneParamsEx {
  NvBufSurfaceDisplayScanFormat scanformat[4];
  uint32_t secondfieldoffset[4];
  uint32_t blockheightlog2[4];
  uint32_t physicaladdress[4];
  uint64_t flags[4];
  uint64_t drmModifier[4];
  void *_reserved[16];
} NvBufSurfacePlaneParamsEx;

/* Optional extension of a surface's description. */
typedef struct _NvBufSurfaceParamsEx {
  int32_t startofvaliddata;
  int32_t sizeofvaliddatainbytes;
  NvBufSurfaceChromaSubsamplingParams chromaSubsampling;
  bool is_protected;
  NvBufSurfacePlaneParamsEx planeParamsex;
  void *_reserved[4];
} NvBufSurfaceParamsEx;

/* Addresses that a mapping call filled in. */
typedef struct _NvBufSurfaceMappedAddr {
  void *addr[4];
  void *eglImage;
  void *nvmmPtr;
  void *cudaPtr;
  void *_reserved[4];
} NvBufSurfaceMappedAddr;

/* One frame of a batched surface. */
typedef struct _NvBufSurfaceParams {
  uint32_t width;
  uint32_t height;
  uint32_t pitch;
  NvBufSurfaceColorFormat colorFormat;
  NvBufSurfaceLayout layout;
  uint64_t bufferDesc;
  uint32_t dataSize;
  void *dataPtr;
  NvBufSurfacePlaneParams planeParams;
  NvBufSurfaceMappedAddr mappedAddr;
  NvBufSurfaceParamsEx *paramex;
  void *cudaBuffer;
  void *_reserved[4];
} NvBufSurfaceParams;

/* What the memory of an NVMM GstBuffer contains. */
typedef struct _NvBufSurface {
  uint32_t gpuId;
  uint32_t batchSize;
  uint32_t numFilled;
  bool isContiguous;
  NvBufSurfaceMemType memType;
  NvBufSurfaceParams *surfaceList;
  bool isImportedBuf;
  void *_reserved[4];
} NvBufSurface;

/* ---- Latency measurement ---- */

#define MAX_COMPONENT_LEN 64 /* bytes of a component's name, the terminating zero included */
#define MAX_SUB_COMPS 16 /* parts of a component that are measured by themselves */

/* A part of a component. Times are wall-clock milliseconds since 1970. */
typedef struct {
  gchar sub_comp_name[MAX_COMPONENT_LEN];
  gdouble in_system_timestamp;
  gdouble out_system_timestamp;
} NvDsMetaSubCompLatency;

/* When a component got and gave a buffer; the last three fields tell the frame where it works on
 * single ones. 5.0 ends behind pad_index. */
typedef struct {
  gchar component_name[MAX_COMPONENT_LEN];
  gdouble in_system_timestamp;
  gdouble out_system_timestamp;
  guint source_id;
  guint frame_num;
  guint pad_index;
  NvDsMetaSubCompLatency sub_comp_latencies[MAX_SUB_COMPS];
  guint num_sub_comps;
} NvDsMetaCompLatency;

/* What nvds_measure_buffer_latency tells about a frame; latency in milliseconds. */
typedef struct {
  guint source_id;
  guint frame_num;
  gdouble comp_in_timestamp;
  gdouble latency;
} NvDsFrameLatencyInfo;

/* ---- Functions of libnvds_meta.so ---- */

typedef NvDsBatchMeta *(*PFN_nvds_create_batch_meta)(guint max_batch_size);
typedef gboolean (*PFN_nvds_destroy_batch_meta)(NvDsBatchMeta *batch_meta);
typedef gpointer (*PFN_nvds_batch_meta_copy_func)(gpointer data, gpointer user_data);
typedef void (*PFN_nvds_batch_meta_release_func)(gpointer data, gpointer user_data);
typedef void (*PFN_nvds_acquire_meta_lock)(NvDsBatchMeta *batch_meta);
typedef void (*PFN_nvds_release_meta_lock)(NvDsBatchMeta *batch_meta);
typedef NvDsFrameMeta *(*PFN_nvds_acquire_frame_meta_from_pool)(NvDsBatchMeta *batch_meta);
typedef NvDsObjectMeta *(*PFN_nvds_acquire_obj_meta_from_pool)(NvDsBatchMeta *batch_meta);
typedef NvDsDisplayMeta *(*PFN_nvds_acquire_display_meta_from_pool)(NvDsBatchMeta *batch_meta);
typedef NvDsClassifierMeta *(*PFN_nvds_acquire_classifier_meta_from_pool)(NvDsBatchMeta *batch_meta);
typedef NvDsLabelInfo *(*PFN_nvds_acquire_label_info_meta_from_pool)(NvDsBatchMeta *batch_meta);
typedef NvDsUserMeta *(*PFN_nvds_acquire_user_meta_from_pool)(NvDsBatchMeta *batch_meta);
typedef void (*PFN_nvds_add_frame_meta_to_batch)(NvDsBatchMeta *batch_meta, NvDsFrameMeta *frame_meta);
typedef void (*PFN_nvds_add_obj_meta_to_frame)(NvDsFrameMeta *frame_meta, NvDsObjectMeta *obj_meta, NvDsObjectMeta *obj_parent);
typedef void (*PFN_nvds_add_display_meta_to_frame)(NvDsFrameMeta *frame_meta, NvDsDisplayMeta *display_meta);
typedef void (*PFN_nvds_add_classifier_meta_to_object)(NvDsObjectMeta *obj_meta, NvDsClassifierMeta *classifier_meta);
typedef void (*PFN_nvds_add_label_info_meta_to_classifier)(NvDsClassifierMeta *classifier_meta, NvDsLabelInfo *label_info_meta);
typedef void (*PFN_nvds_add_user_meta_to_batch)(NvDsBatchMeta *batch_meta, NvDsUserMeta *user_meta);
typedef void (*PFN_nvds_add_user_meta_to_frame)(NvDsFrameMeta *frame_meta, NvDsUserMeta *user_meta);
typedef void (*PFN_nvds_add_user_meta_to_obj)(NvDsObjectMeta *obj_meta, NvDsUserMeta *user_meta);
typedef void (*PFN_nvds_remove_obj_meta_from_frame)(NvDsFrameMeta *frame_meta, NvDsObjectMeta *obj_meta);
typedef void (*PFN_nvds_remove_display_meta_from_frame)(NvDsFrameMeta *frame_meta, NvDsDisplayMeta *display_meta);
typedef void (*PFN_nvds_remove_user_meta_from_frame)(NvDsFrameMeta *frame_meta, NvDsUserMeta *user_meta);
typedef void (*PFN_nvds_copy_frame_meta)(NvDsFrameMeta *src_frame_meta, NvDsFrameMeta *dst_frame_meta);
typedef void (*PFN_nvds_copy_obj_meta_list)(GList *src_obj_meta_list, NvDsFrameMeta *dst_frame_meta);
typedef void (*PFN_nvds_copy_display_meta_list)(GList *src_display_meta_list, NvDsFrameMeta *dst_frame_meta);
typedef void (*PFN_nvds_copy_frame_user_meta_list)(GList *src_user_meta_list, NvDsFrameMeta *dst_frame_meta);
typedef void (*PFN_nvds_copy_batch_user_meta_list)(GList *src_user_meta_list, NvDsBatchMeta *dst_batch_meta);
typedef NvDsMetaType (*PFN_nvds_get_user_meta_type)(gchar *meta_descriptor);

/* ---- Functions of libnvdsgst_meta.so ---- */

typedef NvDsMeta *(*PFN_gst_buffer_add_nvds_meta)(GstBuffer *buffer, gpointer meta_data, gpointer user_data, NvDsMetaCopyFunc copy_func, NvDsMetaReleaseFunc release_func);
typedef NvDsBatchMeta *(*PFN_gst_buffer_get_nvds_batch_meta)(GstBuffer *buffer);
typedef GType (*PFN_nvds_meta_api_get_type)(void);
typedef void (*PFN_nvds_copy_gst_meta_to_frame_meta)(GstBuffer *src_gst_buffer, NvDsBatchMeta *batch_meta, NvDsFrameMeta *frame_meta);
typedef NvDsUserMeta *(*PFN_nvds_set_input_system_timestamp)(GstBuffer *buffer, gchar *element_name);
typedef gboolean (*PFN_nvds_set_output_system_timestamp)(GstBuffer *buffer, gchar *element_name);
typedef guint (*PFN_nvds_measure_buffer_latency)(GstBuffer *buf, NvDsFrameLatencyInfo *latency_info);

#endif /* RSNVDS_NVDS_H */
