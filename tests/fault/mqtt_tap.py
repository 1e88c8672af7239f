"""A way between the programs and their broker on which nothing passes unseen, and which can be cut.

    tap = Tap(broker_port, took)       programs connect to tap.port; took(topic, payload) gets what they publish
    tap.cut(); tap.close()

A client that subscribes would miss what is said while the broker starts again. took() is called in the tap's thread,
before the broker has the message."""

import asyncio
import contextlib
import threading

PUBLISH = 3


def read_varint(data, at):
    """(value, where it ends); None where it is not whole."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
    return None


def read_publish(head, body):
    """(topic, payload) of a PUBLISH of MQTT 5."""
    size = int.from_bytes(body[:2], "big")
    at = 2 + size + (2 if head & 0x06 else 0)  # a packet identifier, where it is acknowledged
    properties, at = read_varint(body, at)
    return bytes(body[2:2 + size]).decode(), bytes(body[at + properties:])


class Reader:
    """Finds the packets in the bytes of one connection."""

    def __init__(self, took):
        self.took, self.buffer = took, bytearray()

    def feed(self, data):
        self.buffer += data
        while True:
            length = read_varint(self.buffer, 1)
            if not length or len(self.buffer) < length[1] + length[0]:
                return
            end = length[1] + length[0]
            if self.buffer[0] >> 4 == PUBLISH:
                self.took(*read_publish(self.buffer[0], memoryview(self.buffer)[length[1]:end].tobytes()))
            del self.buffer[:end]


class Tap:
    def __init__(self, broker_port, took):
        self.broker_port, self.took, self.writers = broker_port, took, set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.run, name="tap", daemon=True)
        self.thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self.listen(), self.loop).result(10)

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    async def listen(self):
        self.server = await asyncio.start_server(self.connected, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def connected(self, reader, writer):
        writers = [writer]
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.broker_port)
            writers.append(back)
            self.writers.update(writers)
            await asyncio.wait([asyncio.ensure_future(self.pump(reader, back, Reader(self.took).feed)),
                                asyncio.ensure_future(self.pump(there, writer))], return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass  # no broker there
        finally:
            self.writers.difference_update(writers)
            for one in writers:
                one.close()

    async def pump(self, reader, writer, look=None):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if look:
                    look(data)
                writer.write(data)
                await writer.drain()

    def cut(self):
        """Ends all connections; new ones can be made at once."""
        self.loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in list(self.writers)])

    def close(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(10)
