package io.tmac.gateway.socket;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;

/**
 * A request that did not come by HTTP. Whatever answers it sees no difference, so that keys,
 * limits, statistics and errors are the same.
 */
final class SocketExchange extends HttpExchange {
  private final String method;
  private final URI uri;
  private final Headers request = new Headers();
  private final Headers response = new Headers();
  private final InetSocketAddress remote;
  private final InetSocketAddress local;
  private final InputStream in;
  private final OutputStream out;
  private int status = -1;

  /**
   * Creates a request.
   *
   * @param body what it says
   * @param out takes the body of the reply
   */
  SocketExchange(
      String method,
      String path,
      InetSocketAddress remote,
      InetSocketAddress local,
      byte[] body,
      OutputStream out) {
    this.method = method;
    this.uri = URI.create(path);
    this.remote = remote;
    this.local = local;
    this.in = new ByteArrayInputStream(body);
    this.out = out;
    request.set("Content-Type", "application/json");
    request.set("Content-Length", Integer.toString(body.length));
  }

  @Override
  public Headers getRequestHeaders() {
    return request;
  }

  @Override
  public Headers getResponseHeaders() {
    return response;
  }

  @Override
  public URI getRequestURI() {
    return uri;
  }

  @Override
  public String getRequestMethod() {
    return method;
  }

  @Override
  public HttpContext getHttpContext() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    // The connection goes on.
  }

  @Override
  public InputStream getRequestBody() {
    return in;
  }

  @Override
  public OutputStream getResponseBody() {
    return out;
  }

  @Override
  public void sendResponseHeaders(int code, long length) {
    status = code;
  }

  @Override
  public InetSocketAddress getRemoteAddress() {
    return remote;
  }

  @Override
  public int getResponseCode() {
    return status;
  }

  @Override
  public InetSocketAddress getLocalAddress() {
    return local;
  }

  @Override
  public String getProtocol() {
    return "HTTP/1.1";
  }

  @Override
  public Object getAttribute(String name) {
    return null;
  }

  @Override
  public void setAttribute(String name, Object value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setStreams(InputStream in, OutputStream out) {
    throw new UnsupportedOperationException();
  }

  @Override
  public HttpPrincipal getPrincipal() {
    return null;
  }
}
