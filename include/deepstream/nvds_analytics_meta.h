/*
 * What nvdsanalytics attaches to frames and objects, for programs in C++ where DeepStream itself is not installed; see
 * nvdsmeta.h here. The classes are libstdc++'s.
 */
#ifndef RSNVDS_DEEPSTREAM_NVDS_ANALYTICS_META_H
#define RSNVDS_DEEPSTREAM_NVDS_ANALYTICS_META_H

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "nvdsmeta.h"

/* Types of the user metas. */
#define NVDS_USER_FRAME_META_NVDSANALYTICS NVDS_FRAME_META_NVDSANALYTICS
#define NVDS_USER_OBJ_META_NVDSANALYTICS NVDS_OBJ_META_NVDSANALYTICS

/* Of an object: labels of what it is in and has crossed. */
typedef struct {
  std::vector<std::string> roiStatus;
  std::vector<std::string> ocStatus;
  std::vector<std::string> lcStatus;
  std::string dirStatus;
  guint unique_id;
  std::string objStatus;
} NvDsAnalyticsObjInfo;

/* Of a frame: counts by label, and of objects by class. */
typedef struct {
  std::unordered_map<std::string, bool> ocStatus;
  std::unordered_map<std::string, uint32_t> objInROIcnt;
  std::unordered_map<std::string, uint64_t> objLCCurrCnt;
  std::unordered_map<std::string, uint64_t> objLCCumCnt;
  guint unique_id;
  std::unordered_map<int, uint32_t> objCnt;
} NvDsAnalyticsFrameMeta;

#endif
