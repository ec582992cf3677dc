# `make image` builds it, for any platform whose packages are on the index: nothing is compiled.

FROM python:3.13.16-trixie AS build
WORKDIR /src
COPY requirements/runtime.txt requirements/build.txt requirements/
COPY deploy/image/dependencies.sh deploy/image/
RUN sh deploy/image/dependencies.sh /opt/llamaport
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY domain domain
COPY adapters adapters
COPY ports ports
COPY deploy/image/program.sh deploy/image/
RUN sh deploy/image/program.sh /opt/llamaport

FROM python:3.13.16-slim-trixie
LABEL org.opencontainers.image.title="llamaport" \
      org.opencontainers.image.description="Ollama, OpenAI and Anthropic clients, any backend" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 llamaport \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin llamaport \
    && install --directory --owner 10001 --group 10001 /var/lib/llamaport
COPY deploy/image/healthy.py /opt/
COPY --from=build /opt/llamaport /opt/llamaport

# A container is reached from outside it, so its own loopback would reach nobody. Without a key,
# or allow_anonymous, such an address is refused at the start.
ENV PATH="/opt/llamaport/bin:$PATH" \
    LLAMAPORT_SERVER__HOST="0.0.0.0" \
    XDG_STATE_HOME="/var/lib"
# Where llamaport.toml is looked for.
WORKDIR /etc/llamaport
# Models made with `ollama create` are the only thing that is ever written.
VOLUME /var/lib/llamaport
EXPOSE 11434
# A number, or Kubernetes cannot tell that it is not root.
USER 10001:10001
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --start-interval=1s \
    CMD ["python", "/opt/healthy.py"]
ENTRYPOINT ["llamaport"]
CMD ["serve"]
