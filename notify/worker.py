#!/usr/bin/env python3
"""A worker for gong in Python (python3-zmq), written from PROTOCOL.md: prints what it is given.

    worker.py --channel sms --connect ipc://SITE/run/notify.sock --out sent.jsonl
    worker.py --channel sms --connect tcp://HOST:PORT --key NAME.worker --out sent.jsonl

Each effect is one line of JSON, on the disk before it is acknowledged; a key is written once."""
import argparse, json, os, secrets, signal, struct, time, zmq
DONE, ABSENT = 1, 3
MAGIC = b"GONG2"


def text(record, at, size):  # a text with a length of `size` bytes, and where the next field begins
    length = int.from_bytes(record[at:at + size], "big")
    return record[at + size:at + size + length].decode(), at + size + length


def records(frame):
    at = 0
    while at < len(frame):
        (size,) = struct.unpack_from(">I", frame, at)
        yield frame[at + 4:at + 4 + size]
        at += 4 + size


def job_of(record):
    number, attempt, deadline_ms, at, flags = struct.unpack_from(">QIQqB", record)
    key, end = text(record, 29, 1)
    person, end = text(record, end, 1)
    contract, end = text(record, end, 1)
    body, _ = text(record, end, 4)
    return dict(id=number, attempt=attempt, deadline_ms=deadline_ms, at=at, ask=flags & 1, key=key,
                person=person, contract=contract, body=json.loads(body))


def answer_of(job, outcome, why):  # an ACK record: id, attempt, outcome, after_ms, ref, why
    fields = struct.pack(">QIBI", job["id"], job["attempt"], outcome, 0)
    fields += struct.pack(">H", 0) + bytes([len(why)]) + why.encode()
    return struct.pack(">I", len(fields)) + fields


def connect(options):
    socket = zmq.Context.instance().socket(zmq.DEALER)
    name = "%s-py-%s" % (options.channel, secrets.token_hex(8))
    socket.immediate = 1
    if options.key:
        keys = dict(line.split() for line in open(options.key))
        socket.curve_serverkey = keys["server"].encode()
        socket.curve_publickey, socket.curve_secretkey = keys["public"].encode(), keys["secret"].encode()
    socket.connect(options.connect)
    return socket, json.dumps(dict(worker=name, channel=options.channel, credit=options.credit)).encode()


def work(options, done, out):
    socket, ready = connect(options)
    said = 0.0
    while not options.stop:
        if time.monotonic() - said >= 1 and socket.poll(0, zmq.POLLOUT):
            socket.send_multipart([MAGIC + b"R", ready])
            said = time.monotonic()
        if not socket.poll(100):
            continue
        first, second = socket.recv_multipart()[:2]
        if first == MAGIC + b"D":
            break
        answers = b""
        for job in map(job_of, records(second) if first == MAGIC + b"J" else ()):
            if time.time() * 1000 >= job["deadline_ms"]:
                continue  # somebody else's by now
            if job["ask"] and job["key"] not in done:
                answers += answer_of(job, ABSENT, "not in the file")
                continue
            if job["key"] not in done:
                line = {name: job[name] for name in ("key", "person", "contract", "body")}
                out.write(json.dumps(line, sort_keys=True) + "\n")
                done.add(job["key"])
            answers += answer_of(job, DONE, "worker.py")
        out.flush()
        os.fsync(out.fileno())
        if answers:
            socket.send_multipart([MAGIC + b"A", answers])
    socket.send_multipart([MAGIC + b"B", b"{}"])
    socket.close(linger=1000)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("channel", "connect", "key", "out"):
        parser.add_argument("--" + name, required=name != "key")
    parser.add_argument("--credit", type=int, default=64)
    options = parser.parse_args()
    options.stop = []
    signal.signal(signal.SIGTERM, lambda *_: options.stop.append(1))
    with open(options.out, "a+") as file:
        file.seek(0)
        work(options, {json.loads(line)["key"] for line in file}, file)
