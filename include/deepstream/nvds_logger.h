/* A log, in libnvds_logger.so: `make build` makes one without a GPU, which tells on standard error. */
#ifndef RSNVDS_DEEPSTREAM_NVDS_LOGGER_H
#define RSNVDS_DEEPSTREAM_NVDS_LOGGER_H

#include <syslog.h>

#ifdef __cplusplus
extern "C" {
#endif

void nvds_log_open (void);
void nvds_log_close (void);
/* Here the text is told as it stands, without the values that it asks for. */
void nvds_log (const char *category, int priority, const char *data, ...);

#ifdef __cplusplus
}
#endif

#endif
