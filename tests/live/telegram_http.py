"""An HTTP/1.1 server for played networks: one thread with one event loop, keep-alive, and the ways a real server fails
(no answer, half an answer, nobody listening). It knows nothing of what it serves.

    server = HttpServer(handler)    handler(request) is called in the server's thread, and has to answer now or later
    server.down(); server.up()      the port stays ours meanwhile; close() ends the thread"""

import asyncio
import collections
import contextlib
import socket
import struct
import threading
import time

HEAD_MOST, BODY_MOST = 64 * 1024, 4 * 1024 * 1024
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
           409: "Conflict", 411: "Length Required", 429: "Too Many Requests", 500: "Internal Server Error",
           502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
TICK = 0.05  # seconds between two looks at how late the loop is


class Request:
    """One request. `lost`: the client went away before its answer; `on_lost` is called then."""

    __slots__ = ("verb", "target", "headers", "body", "arrived", "connection", "lost", "answered", "on_lost")

    def __init__(self, connection, verb, target, headers, body):
        self.verb, self.target, self.headers, self.body = verb, target, headers, body
        self.arrived, self.connection = time.monotonic(), connection
        self.lost = self.answered = False
        self.on_lost = None

    def live(self):
        return not self.lost and not self.answered

    def answer(self, status, body, content_type="application/json", headers=(), cut=False):
        """Sends the answer; `cut`: only the first half of it, then the connection ends."""
        if not self.live():
            return False
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}", "Server: nginx/1.18.0",
                 f"Content-Type: {content_type}", f"Content-Length: {len(body)}", "Connection: keep-alive", *headers]
        data = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        if cut:
            self.connection.transport.write(data[:len(data) - (len(body) + 1) // 2])
            self.close()
        else:
            self.answered = True
            self.connection.transport.write(data)
            self.connection.next()
        return True

    def close(self):
        """Ends the connection in an orderly way, after what was written."""
        self.answered = True
        self.connection.transport.close()

    def reset(self):
        """Ends the connection with RST, without an answer."""
        self.answered = True
        self.connection.reset()


class Connection(asyncio.Protocol):
    """Reads one request after the other; a further one waits until the former is answered."""

    def __init__(self, server):
        self.server, self.buffer = server, bytearray()
        self.request = self.head = self.transport = None
        self.ended = False

    def connection_made(self, transport):
        self.transport = transport
        self.server.connections.add(self)
        self.server.most_connections = max(self.server.most_connections, len(self.server.connections))
        self.server.connections_ever += 1

    def connection_lost(self, _error):
        self.ended = True
        self.server.connections.discard(self)
        request = self.request
        if request and request.live():
            request.lost = True
            if request.on_lost:
                request.on_lost()
        self.request = None

    def data_received(self, data):
        self.buffer += data
        if self.request is None or self.request.answered:
            self.next()

    def next(self):
        """Hands the next whole request of the buffer on."""
        self.request = None
        if self.head is None:
            end = self.buffer.find(b"\r\n\r\n", 0, HEAD_MOST)
            if end < 0:
                if len(self.buffer) > HEAD_MOST:
                    self.refuse("a head without an end")
                return
            if not self.take_head(bytes(self.buffer[:end])):
                return
            del self.buffer[:end + 4]
        verb, target, headers, length = self.head
        if len(self.buffer) < length:
            return
        body = bytes(self.buffer[:length])
        del self.buffer[:length]
        self.head = None
        self.request = Request(self, verb, target, headers, body)
        self.server.handler(self.request)

    def take_head(self, head):
        """Reads request line and headers into `head`. False when there is nothing more to read."""
        try:
            first, *lines = head.decode("ascii").split("\r\n")
            verb, target, version = first.split(" ")
            headers = {}
            for line in lines:
                name, value = line.split(":", 1)
                headers[name.strip().lower()] = value.strip()
            length = int(headers.get("content-length", "0"))
            if version != "HTTP/1.1" or "host" not in headers or not 0 <= length <= BODY_MOST:
                raise ValueError(first)
        except ValueError as error:
            self.refuse(f"not readable: {error}")
            return False
        if "transfer-encoding" in headers or (verb == "POST" and "content-length" not in headers):
            self.refuse("a body without Content-Length", 411)
            return False
        if headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.head = verb, target, headers, length
        return True

    def refuse(self, why, status=400):
        self.server.malformed(why)
        self.transport.write(f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        self.transport.close()

    def reset(self):
        with contextlib.suppress(OSError):
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                               struct.pack("ii", 1, 0))
        self.transport.abort()


class HttpServer:
    """Listens on 127.0.0.1 and a free port from the beginning."""

    def __init__(self, handler, malformed=lambda why: None):
        self.handler, self.malformed = handler, malformed
        self.connections, self.connections_ever, self.most_connections = set(), 0, 0
        self.delays = collections.deque(maxlen=200)  # (time, seconds late) of late ticks
        self.loop = asyncio.new_event_loop()
        self.listening = self.held = None
        sock = self.bound(0)
        self.port = sock.getsockname()[1]
        self.thread = threading.Thread(target=self.run, name="http server", daemon=True)
        self.thread.start()
        self.call(self.listen(sock))

    def bound(self, port):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        return sock

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.due = self.loop.time() + TICK
        self.loop.call_at(self.due, self.tick)
        self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def tick(self):
        """How late a timer is tells how slow the machine is just now."""
        now = self.loop.time()
        if now - self.due > TICK / 5:
            self.delays.append((now, now - self.due))
        self.due = now + TICK
        self.loop.call_at(self.due, self.tick)

    def lateness(self, seconds=5.0):
        """The worst delay of the last seconds; to be asked in the server's thread."""
        now = self.loop.time()
        while self.delays and self.delays[0][0] < now - seconds:
            self.delays.popleft()
        return max((late for _, late in self.delays), default=0.0)

    def call(self, coroutine):
        """Runs a coroutine in the server's thread; its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def listen(self, sock):
        self.listening = await self.loop.create_server(lambda: Connection(self), sock=sock, backlog=1024)

    async def stop_listening(self):
        if self.listening:
            self.listening.close()
            self.listening = None
        for connection in list(self.connections):
            connection.reset()
        await asyncio.sleep(0)

    def down(self):
        """From now on connections are refused; the present ones end. Nobody else can get the port meanwhile."""
        self.call(self.stop_listening())
        if not self.held:
            self.held = self.bound(self.port)

    def up(self):
        if self.held:
            sock, self.held = self.held, None
            self.call(self.listen(sock))

    def drop_idle(self):
        """Ends the connections that have no request under way, as a server does after a while of silence."""
        async def drop():
            for connection in list(self.connections):
                if connection.request is None and not connection.buffer:
                    connection.transport.close()
        self.call(drop())

    def soon(self, function, *arguments):
        """Calls a function in the server's thread; from any thread."""
        with contextlib.suppress(RuntimeError):  # closed already
            self.loop.call_soon_threadsafe(function, *arguments)

    def later(self, seconds, function, *arguments):
        """Calls a function in the server's thread after some time; from that thread."""
        return self.loop.call_later(seconds, function, *arguments)

    def close(self):
        if not self.thread.is_alive():
            return
        self.call(self.stop_listening())
        if self.held:
            self.held.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
