/* A message broker, in libnvds_msgbroker.so: `make build` makes one without a GPU, whose functions fail and say so. */
#ifndef RSNVDS_DEEPSTREAM_NVMSGBROKER_H
#define RSNVDS_DEEPSTREAM_NVMSGBROKER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  NV_MSGBROKER_API_OK,
  NV_MSGBROKER_API_ERR,
  NV_MSGBROKER_API_RECONNECTING,
  NV_MSGBROKER_API_NOT_SUPPORTED
} NvMsgBrokerErrorType;

typedef struct {
  char *topic;
  void *payload;
  size_t payload_len;
} NvMsgBrokerClientMsg;

typedef void *NvMsgBrokerClientHandle;
typedef void (*nv_msgbroker_connect_cb_t) (NvMsgBrokerClientHandle h_ptr, NvMsgBrokerErrorType status);
typedef void (*nv_msgbroker_send_cb_t) (void *user_ptr, NvMsgBrokerErrorType status);
typedef void (*nv_msgbroker_subscribe_cb_t) (NvMsgBrokerErrorType status, void *msg, int msglen, char *topic, void *user_ptr);

NvMsgBrokerClientHandle nv_msgbroker_connect (char *broker_conn_str, char *broker_proto_lib, nv_msgbroker_connect_cb_t connect_cb, char *cfg);
NvMsgBrokerErrorType nv_msgbroker_send_async (NvMsgBrokerClientHandle h_ptr, NvMsgBrokerClientMsg message, nv_msgbroker_send_cb_t cb, void *user_ctx);
NvMsgBrokerErrorType nv_msgbroker_subscribe (NvMsgBrokerClientHandle h_ptr, char **topics, int num_topics, nv_msgbroker_subscribe_cb_t cb, void *user_ctx);
NvMsgBrokerErrorType nv_msgbroker_disconnect (NvMsgBrokerClientHandle h_ptr);
char *nv_msgbroker_version (void);

#ifdef __cplusplus
}
#endif

#endif
