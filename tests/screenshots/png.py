"""Small PNG files: 256 colours are enough for a page, and take a third of the bytes."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

COLOURS = 256
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The browser can read a PNG; the commonest colours stay, each other one becomes its nearest.
_READ = """
async ([source, most]) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const bytes = pen.getImageData(0, 0, image.width, image.height).data;
  const pixels = new Uint32Array(bytes.buffer), counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
  const common = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a)).slice(0, most);
  const parts = common.map((pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]);
  const numbers = new Map(common.map((pixel, number) => [pixel, number]));
  const nearest = (pixel) => {
    const wanted = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
    let best = 0, least = Infinity;
    parts.forEach((part, number) => {
      const distance = part.reduce((sum, each, at) => sum + (each - wanted[at]) ** 2, 0);
      if (distance < least) [best, least] = [number, distance];
    });
    numbers.set(pixel, best);
    return best;
  };
  let text = "";
  for (const pixel of pixels) text += String.fromCharCode(numbers.get(pixel) ?? nearest(pixel));
  return { width: image.width, height: image.height, palette: parts.flat(), pixels: btoa(text) };
}
"""


def write_small(blank: Page, picture: bytes, file: Path) -> int:
    """Write this PNG again with a palette; returns its bytes. `blank` is an empty page."""
    source = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    read: dict[str, Any] = blank.evaluate(_READ, [source, COLOURS])
    file.write_bytes(
        _encode(read["width"], read["height"], read["palette"], base64.b64decode(read["pixels"]))
    )
    return file.stat().st_size


def _encode(width: int, height: int, palette: list[int], pixels: bytes) -> bytes:
    """Eight bits a pixel, unfiltered: what suits flat colours and a palette best."""
    lines = (b"\0" + pixels[at : at + width] for at in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", bytes(palette)),
        (b"IDAT", zlib.compress(b"".join(lines), 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    checked = name + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
