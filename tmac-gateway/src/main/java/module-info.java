/** Serves a model over HTTP. */
module io.tmac.gateway {
  requires transitive io.tmac.core;
  requires com.nimbusds.jose.jwt;
  requires com.zaxxer.hikari;
  requires info.picocli;
  requires io.prometheus.metrics.core;
  requires io.prometheus.metrics.instrumentation.jvm;
  requires io.prometheus.metrics.model;
  requires io.prometheus.writer.text;
  requires java.net.http;
  requires java.sql;
  requires jdk.httpserver;
  requires org.java_websocket;
  requires org.slf4j;
  requires tools.jackson.databind;

  exports io.tmac.gateway;
}
