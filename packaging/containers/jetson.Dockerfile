# DeepStream with rsnvds, Jetson. Not run yet: see README.md beside this file.
# NVIDIA's image: docker build --build-arg DEEPSTREAM=<image>:<tag> …
ARG DEEPSTREAM
FROM ${DEEPSTREAM}

COPY gstreamer1.0-rsnvds_*_arm64.deb /tmp/
RUN dpkg -i /tmp/gstreamer1.0-rsnvds_*_arm64.deb \
 && rm /tmp/gstreamer1.0-rsnvds_*_arm64.deb \
 && gst-inspect-1.0 rsssdparser >/dev/null

CMD ["rsnvds-doctor"]
