// Sizes and places of nvdspreprocess's metas in DeepStream 9.1.
#include <cstddef>

#include "nvdspreprocess_meta.h"

static_assert (sizeof (NvDsRoiMeta) == 248, "NvDsRoiMeta");
static_assert (offsetof (NvDsRoiMeta, roi_polygon) == 112, "roi_polygon");
static_assert (offsetof (NvDsRoiMeta, converted_buffer) == 176, "converted_buffer");
static_assert (offsetof (NvDsRoiMeta, frame_meta) == 184, "frame_meta");
static_assert (offsetof (NvDsRoiMeta, scale_ratio_x) == 192, "scale_ratio_x");
static_assert (offsetof (NvDsRoiMeta, scale_ratio_y) == 200, "scale_ratio_y");
static_assert (offsetof (NvDsRoiMeta, offset_left) == 208, "offset_left");
static_assert (offsetof (NvDsRoiMeta, offset_top) == 216, "offset_top");
static_assert (offsetof (NvDsRoiMeta, classifier_meta_list) == 224, "classifier_meta_list");
static_assert (offsetof (NvDsRoiMeta, roi_user_meta_list) == 232, "roi_user_meta_list");
static_assert (offsetof (NvDsRoiMeta, object_meta) == 240, "object_meta");
static_assert (sizeof (NvDsPreProcessTensorMeta) == 104, "NvDsPreProcessTensorMeta");
static_assert (offsetof (NvDsPreProcessTensorMeta, buffer_size) == 8, "buffer_size");
static_assert (offsetof (NvDsPreProcessTensorMeta, tensor_shape) == 16, "tensor_shape");
static_assert (offsetof (NvDsPreProcessTensorMeta, data_type) == 40, "data_type");
static_assert (offsetof (NvDsPreProcessTensorMeta, tensor_name) == 48, "tensor_name");
static_assert (offsetof (NvDsPreProcessTensorMeta, gpu_id) == 80, "gpu_id");
static_assert (offsetof (NvDsPreProcessTensorMeta, private_data) == 88, "private_data");
static_assert (offsetof (NvDsPreProcessTensorMeta, meta_id) == 96, "meta_id");
static_assert (offsetof (NvDsPreProcessTensorMeta, maintain_aspect_ratio) == 100, "maintain_aspect_ratio");
static_assert (sizeof (GstNvDsPreProcessBatchMeta) == 64, "GstNvDsPreProcessBatchMeta");
static_assert (offsetof (GstNvDsPreProcessBatchMeta, tensor_meta) == 24, "tensor_meta");
static_assert (offsetof (GstNvDsPreProcessBatchMeta, roi_vector) == 32, "roi_vector");
static_assert (offsetof (GstNvDsPreProcessBatchMeta, private_data) == 56, "private_data");
static_assert (NvDsDataType_FP16 == 7 && NvDsUnitType_Object == 2, "numbers");
