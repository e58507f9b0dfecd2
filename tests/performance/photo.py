"""A 12-megapixel phone photo to its public copies: CPU and memory of a worker, measured in a fresh process.

References, measured in the same run on the same photo, each in a process of its own: decoding it whole with Pillow and
making the same two sizes (CPU), and holding its decoded pixels (memory).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

WIDTH, HEIGHT = 4032, 3024
ROUNDS = 5
CPU_BAR_MS, MEMORY_BAR_MB = 200.0, 120.0
FACES_CPU_BAR_MS, FACES_MEMORY_BAR_MB = 2500.0, 600.0
"""With the `faces` extra, loading it included."""

_MEASURE = r"""
import json, re, sys, time
from pathlib import Path
path = Path(sys.argv[1])
{prepare}
def status(name):
    return int(re.search(name + r":\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
before = status("VmRSS")
started = time.process_time()
{work}
spent = time.process_time() - started
print(json.dumps({{"cpu_ms": spent * 1000, "memory_mb": status("VmHWM") - before}}))
"""

_OURS = {"prepare": "from app.core.images import derive", "work": "derive(path)"}
_FACES = {"prepare": "from app.core.images import derive", "work": "derive(path, faces=True)"}
_DOOR = {"prepare": "from app.core.images import check_photo", "work": "check_photo(path, filename='a.jpg')"}
# What anyone would write first: decode it whole, turn it, shrink it twice, save.
_PLAIN = {
    "prepare": "import io\nfrom PIL import Image, ImageOps\nImage.preinit()",
    "work": """
with Image.open(path) as image:
    image.load()
    large = ImageOps.exif_transpose(image).resize((1200, 1600), Image.Resampling.LANCZOS)
    small = large.resize((300, 400), Image.Resampling.LANCZOS)
    for copy in (large, small):
        copy.save(io.BytesIO(), "JPEG", quality=75)
""",
}


def measure(folder: Path | None = None) -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, bar, ok}`; `bar` is the most `value` may be."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        photo = Path(temporary) / "phone.jpg"
        draw_phone_photo(photo)
        ours, plain, door, faces = (_median(script, photo) for script in (_OURS, _PLAIN, _DOOR, _FACES))
    return [
        _row("photo: 12 MP to its derivatives, CPU", ours["cpu_ms"], "ms", plain["cpu_ms"], CPU_BAR_MS),
        _row("photo: 12 MP to its derivatives, memory", ours["memory_mb"], "MB", plain["memory_mb"], MEMORY_BAR_MB),
        _row("photo: 12 MP checked at the door, CPU", door["cpu_ms"], "ms", plain["cpu_ms"], CPU_BAR_MS),
        _row("photo: 12 MP checked at the door, memory", door["memory_mb"], "MB", plain["memory_mb"], MEMORY_BAR_MB),
        _row("photo: its derivatives, faces blurred, CPU", faces["cpu_ms"], "ms", plain["cpu_ms"], FACES_CPU_BAR_MS),
        _row(
            "photo: its derivatives, faces blurred, memory",
            faces["memory_mb"],
            "MB",
            plain["memory_mb"],
            FACES_MEMORY_BAR_MB,
        ),
    ]


def draw_phone_photo(path: Path) -> None:
    """A picture with the weight and the detail of a phone's: about 3 MB, soft shapes, texture and sensor noise."""
    coarse = Image.effect_noise((252, 189), 90).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    texture = Image.effect_noise((1008, 756), 50).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    grain = Image.effect_noise((WIDTH, HEIGHT), 22)
    detail = Image.blend(Image.blend(coarse, texture, 0.4), grain, 0.35)
    picture = Image.merge("RGB", (detail, coarse, Image.blend(detail, coarse, 0.5)))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(path, "JPEG", quality=90, subsampling="4:2:0", exif=exif)


def _median(script: dict[str, str], photo: Path) -> dict[str, float]:
    code = _MEASURE.format(**script)
    runs = []
    for _ in range(ROUNDS):
        ran = subprocess.run([sys.executable, "-c", code, str(photo)], capture_output=True, text=True, check=True)
        runs.append(json.loads(ran.stdout))
    return {name: statistics.median(run[name] for run in runs) for name in ("cpu_ms", "memory_mb")}


def _row(name: str, value: float, unit: str, reference: float, bar: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "reference": round(reference, 1),
        "ratio": round(value / reference, 3),
        "bar": bar,
        "ok": value <= bar,
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
