/*
 * What nvdspreprocess attaches to batches (user meta of the type NVDS_PREPROCESS_BATCH_META), for programs in C++ where DeepStream
 * itself is not installed; see nvdsmeta.h here. The classes are libstdc++'s; the layout is that of 9.x.
 */
#ifndef RSNVDS_DEEPSTREAM_NVDSPREPROCESS_META_H
#define RSNVDS_DEEPSTREAM_NVDSPREPROCESS_META_H

#include <string>
#include <vector>

#include "nvds_roi_meta.h"

/* A tensor; its first dimension counts the regions. */
typedef struct {
  void *raw_tensor_buffer; /* in host memory, from the stand-in */
  guint64 buffer_size;
  std::vector<int> tensor_shape;
  NvDsDataType data_type;
  std::string tensor_name;
  guint gpu_id;
  void *private_data;
  guint meta_id;
  gboolean maintain_aspect_ratio;
} NvDsPreProcessTensorMeta;

/* A tensor with its regions, and for whom it is. */
typedef struct {
  std::vector<guint64> target_unique_ids;
  NvDsPreProcessTensorMeta *tensor_meta;
  std::vector<NvDsRoiMeta> roi_vector;
  void *private_data;
} GstNvDsPreProcessBatchMeta;

#endif
