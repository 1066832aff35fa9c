"""Binary logs, made byte by byte: TensorBoard's event files and Weights & Biases' run files."""

import struct
import zlib

WANDB_HEAD = b":W&B\xe1\xbe\x00"


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def wandb_row(**values):
    """A history record of a file that is shorter than a block of 32 KiB."""
    items = b"".join(field(1, field(1, key.encode()) + field(16, repr(value).encode())) for key, value in values.items())
    piece = b"\x01" + field(2, items)
    return struct.pack("<IH", zlib.crc32(piece), len(piece) - 1) + piece


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def event(step, **values):
    """A TFRecord of scalars, as PyTorch writes them."""
    scalars = b"".join(field(1, field(1, tag.encode()) + b"\x15" + struct.pack("<f", value)) for tag, value in values.items())
    data = b"\x10" + varint(step) + field(5, scalars)
    length = struct.pack("<Q", len(data))
    return length + crc32c(length) + data + crc32c(data)
